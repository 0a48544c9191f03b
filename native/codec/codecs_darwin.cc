// The codecs of types that macOS has beside the common ones: none.
#include "codec/codec.h"

namespace sockctl {

CodecList SystemCodecs() { return {nullptr, 0}; }

}  // namespace sockctl
