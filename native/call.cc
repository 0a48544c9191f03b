#include "call.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "fields.h"

namespace sockctl {
namespace {

constexpr int kModePlace = 4096;
constexpr int kRefusedBefore = 16384;
// Past this an answer is not an option's value any more.
constexpr size_t kMostRoom = size_t{1} << 20;

}  // namespace

Call::Call(int fd, const Napi::Value& level, const Napi::Value& name, const Codec& codec)
    : fd_(fd), level_(ReadInteger<int>(level, "level")), name_(ReadInteger<int>(name, "name")), codec_(&codec) {}

Call Call::Set(int fd, const Napi::Value& level, const Napi::Value& name, const Codec& codec, const Napi::Value& value,
               bool refuse_any_source) {
  Call call(fd, level, name, codec);
  codec.encode(value, call.bytes_);
  call.refuse_any_source_ = refuse_any_source && codec.key != nullptr;
  return call;
}

Call Call::Get(int fd, const Napi::Value& level, const Napi::Value& name, const Codec& codec,
               const Napi::Value& question) {
  Call call(fd, level, name, codec);
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
  if (codec_->key != nullptr) outcome_ |= kModePlace * static_cast<int>(FilterModeOf(fd_, codec_->key(bytes_)));
}

int Call::Set() {
  if (refuse_any_source_ && FilterModeOf(fd_, codec_->key(bytes_)) == FilterMode::kExclude) {
    outcome_ = kRefusedBefore;
    return EINVAL;
  }
  const size_t length = codec_->aim == nullptr ? bytes_.size() : codec_->aim(bytes_);
  return setsockopt(fd_, level_, name_, bytes_.data(), static_cast<socklen_t>(length)) == 0 ? 0 : errno;
}

int Call::Get() {
  for (;;) {
    const size_t room = bytes_.size();
    if (codec_->offer != nullptr) codec_->offer(bytes_);
    auto length = static_cast<socklen_t>(room / codec_->unit);
    size_t wanted = room;
    if (getsockopt(fd_, level_, name_, bytes_.data(), &length) != 0) {
      if (codec_->needs == nullptr || errno != codec_->short_room) return errno;
      wanted = room * 2;
    } else {
      bytes_.Truncate(length * codec_->unit);
      if (codec_->needs != nullptr) wanted = codec_->needs(bytes_, room);
    }
    if (wanted <= room || wanted > kMostRoom) return wanted > kMostRoom ? ENOBUFS : 0;
    bytes_.Resize(wanted);
  }
}

}  // namespace sockctl
