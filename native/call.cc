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

int Failed(int fd, const Codec& codec, const Bytes& bytes, int error) {
  if (codec.key == nullptr) return error;
  return error + kModePlace * static_cast<int>(FilterModeOf(fd, codec.key(bytes)));
}

int Ask(int fd, const Option& option, Bytes& bytes) {
  const Codec& codec = *option.codec;
  for (;;) {
    const size_t room = bytes.size();
    if (codec.offer != nullptr) codec.offer(bytes);
    auto length = static_cast<socklen_t>(room / codec.unit);
    size_t wanted = room;
    if (getsockopt(fd, option.level, option.name, bytes.data(), &length) != 0) {
      if (codec.needs == nullptr || errno != codec.short_room) return errno;
      wanted = room * 2;
    } else {
      bytes.Truncate(length * codec.unit);
      if (codec.needs != nullptr) wanted = codec.needs(bytes, room);
    }
    if (wanted <= room || wanted > kMostRoom) return wanted > kMostRoom ? ENOBUFS : 0;
    bytes.Resize(wanted);
  }
}

}  // namespace

int SetOption(int fd, const Option& option, Bytes& value) {
  const Codec& codec = *option.codec;
  if (option.refuse_any_source && FilterModeOf(fd, codec.key(value)) == FilterMode::kExclude)
    return Failed(fd, codec, value, EINVAL) + kRefusedBefore;
  const size_t length = codec.aim == nullptr ? value.size() : codec.aim(value);
  if (setsockopt(fd, option.level, option.name, value.data(), static_cast<socklen_t>(length)) == 0) return 0;
  return Failed(fd, codec, value, errno);
}

int GetOption(int fd, const Option& option, Bytes& question) {
  const int error = Ask(fd, option, question);
  return error == 0 ? 0 : Failed(fd, *option.codec, question, error);
}

void EncodeQuestion(const Codec& codec, const Napi::Value& question, Bytes& bytes) {
  const bool asked = !question.IsEmpty() && !question.IsUndefined();
  if (asked) codec.encode(question, bytes);
  // A question in raw bytes says by its length how much room there is.
  if (!asked || codec.offer != nullptr) bytes.Resize(std::max(codec.room, bytes.size()));
}

}  // namespace sockctl
