#include "call.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace sockctl {
namespace {

constexpr int kModePlace = 4096;
constexpr int kRefusedBefore = 16384;
// Past this an answer is not an option's value any more.
constexpr size_t kMostRoom = size_t{1} << 20;

}  // namespace

Call Call::Set(int fd, const Option& option, const Napi::Value& value) {
  Call call(fd, option);
  option.codec->encode(value, call.bytes_);
  return call;
}

Call Call::Get(int fd, const Option& option, const Napi::Value& question) {
  const Codec& codec = *option.codec;
  Call call(fd, option);
  call.reading_ = true;
  const bool asked = !question.IsUndefined();
  if (asked) codec.encode(question, call.bytes_);
  // A question in raw bytes says by its length how much room there is.
  if (!asked || codec.offer != nullptr) call.bytes_.Resize(std::max(codec.room, call.bytes_.size()));
  return call;
}

void Call::Perform() {
  const int error = reading_ ? Get() : Set();
  if (error == 0) return;
  outcome_ |= error;
  const Codec& codec = *option_.codec;
  if (codec.key != nullptr) outcome_ |= kModePlace * static_cast<int>(FilterModeOf(fd_, codec.key(bytes_)));
}

int Call::Set() {
  const Codec& codec = *option_.codec;
  if (option_.refuse_any_source && FilterModeOf(fd_, codec.key(bytes_)) == FilterMode::kExclude) {
    outcome_ = kRefusedBefore;
    return EINVAL;
  }
  const size_t length = codec.aim == nullptr ? bytes_.size() : codec.aim(bytes_);
  return setsockopt(fd_, option_.level, option_.name, bytes_.data(), static_cast<socklen_t>(length)) == 0 ? 0 : errno;
}

int Call::Get() {
  const Codec& codec = *option_.codec;
  for (;;) {
    const size_t room = bytes_.size();
    if (codec.offer != nullptr) codec.offer(bytes_);
    auto length = static_cast<socklen_t>(room / codec.unit);
    size_t wanted = room;
    if (getsockopt(fd_, option_.level, option_.name, bytes_.data(), &length) != 0) {
      if (codec.needs == nullptr || errno != codec.short_room) return errno;
      wanted = room * 2;
    } else {
      bytes_.Truncate(length * codec.unit);
      if (codec.needs != nullptr) wanted = codec.needs(bytes_, room);
    }
    if (wanted <= room || wanted > kMostRoom) return wanted > kMostRoom ? ENOBUFS : 0;
    bytes_.Resize(wanted);
  }
}

}  // namespace sockctl
