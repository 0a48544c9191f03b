#include "calls/call.h"

#include <algorithm>

namespace sockctl {
namespace {

constexpr int kModePlace = 4096;
constexpr int kRefusedBefore = 16384;
// Past this an answer is not an option's value any more.
constexpr size_t kMostRoom = size_t{1} << 20;

}  // namespace

int Failed(int fd, const Codec& codec, const Bytes& bytes, int error) {
  if (codec.key == nullptr) return error;
  return error + kModePlace * static_cast<int>(FilterModeOf(fd, codec.key(bytes)));
}

int Refused(int fd, const Codec& codec, const Bytes& bytes) {
  return Failed(fd, codec, bytes, EINVAL) + kRefusedBefore;
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
  if (!asked || codec.offer != nullptr) bytes.Resize(std::max(codec.room, bytes.size()));
}

}  // namespace sockctl
