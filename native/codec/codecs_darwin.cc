// The codecs of types that macOS has and Linux lacks: none so far.
#include "codec/codec.h"

namespace sockctl {

CodecList SystemCodecs() { return {nullptr, 0}; }

}  // namespace sockctl
