// Outcomes of calls that failed, and room for answers.
#include "calls/call.h"

#include <algorithm>

namespace sockctl {
namespace {

// Linux's errnos are below 4096 (MAX_ERRNO); above them come the filter mode, two bits, and whether the kernel was
// asked. lib/binding/native.ts reads the number: readOutcome.
constexpr int kModeUnit = 0x1000;
constexpr int kKernelWasNotAsked = 0x4000;
// A longer answer is no option's value any more.
constexpr size_t kMostRoom = size_t{1} << 20;

}  // namespace

int Failed(int fd, const Codec& codec, const Bytes& bytes, int error) {
  if (codec.membership_key == nullptr) return error;
  return error + kModeUnit * static_cast<int>(FilterModeOf(fd, codec.membership_key(bytes)));
}

int Refused(int fd, const Codec& codec, const Bytes& bytes) {
  return Failed(fd, codec, bytes, EINVAL) + kKernelWasNotAsked;
}

int Grow(Bytes& bytes, size_t wanted) {
  if (wanted > kMostRoom) return ENOBUFS;
  bytes.Resize(wanted);
  return 0;
}

void EncodeQuestion(const Codec& codec, const Napi::Value& question, Bytes& bytes) {
  const bool asked = !question.IsEmpty() && !question.IsUndefined();
  if (asked) codec.encode(question, bytes);
  // A question in raw bytes says by its length how much room there is.
  if (!asked || codec.set_capacity != nullptr) bytes.Resize(std::max(codec.room, bytes.size()));
}

}  // namespace sockctl
