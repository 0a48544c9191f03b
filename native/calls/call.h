// A call of setsockopt or getsockopt, as any thread can make it.
#pragma once
#include <napi.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/bytes.h"
#include "calls/option.h"

namespace sockctl {

// Outcomes of a call that failed: the errno, the filter mode the socket has there now, and for Refused that the kernel
// was not asked.
int Failed(int fd, const Codec& codec, const Bytes& bytes, int error);
int Refused(int fd, const Codec& codec, const Bytes& bytes);

// Makes more room for an answer; an errno if the answer would be too long for any option.
int Grow(Bytes& bytes, size_t wanted);

// SetOption and GetOption run on any thread and answer 0 if the call went well, else an outcome.
inline int SetOption(int fd, const Option& option, Bytes& value) {
  const Codec& codec = *option.codec;
  if (option.refuse_any_source && FilterModeOf(fd, codec.membership_key(value)) == FilterMode::kExclude)
    return Refused(fd, codec, value);
  const size_t length = codec.set_pointer == nullptr ? value.size() : codec.set_pointer(value);
  if (setsockopt(fd, option.level, option.name, value.data(), static_cast<socklen_t>(length)) == 0) return 0;
  return Failed(fd, codec, value, errno);
}

// The answer overwrites the question in `bytes`. Always inline, since after a system call the processor guesses
// wrongly where to return to, and each frame on the way back costs: measured, 2 to 3 % of a getSync.
[[gnu::always_inline]] inline int GetOption(int fd, const Option& option, Bytes& bytes) {
  const Codec& codec = *option.codec;
  for (;;) {
    const size_t room = bytes.size();
    if (codec.set_capacity != nullptr) codec.set_capacity(bytes);
    auto length = static_cast<socklen_t>(codec.head == 0 ? room / codec.unit : codec.head);
    size_t wanted = room;
    if (getsockopt(fd, option.level, option.name, bytes.data(), &length) != 0) {
      if (codec.room_needed == nullptr || errno != codec.short_room) return Failed(fd, codec, bytes, errno);
      wanted = room * 2;
    } else {
      if (codec.head == 0) bytes.Truncate(length * codec.unit);
      if (codec.room_needed != nullptr) wanted = codec.room_needed(bytes, room);
    }
    if (wanted <= room) return 0;
    if (const int error = Grow(bytes, wanted); error != 0) return Failed(fd, codec, bytes, error);
  }
}

// The bytes for getsockopt: room for the answer, and the question if there is one.
void EncodeQuestion(const Codec& codec, const Napi::Value& question, Bytes& bytes);

// Either call, ready for any thread: it holds no JavaScript value.
struct Call {
  void Perform() { outcome = reading ? GetOption(fd, option, bytes) : SetOption(fd, option, bytes); }

  int fd;
  Option option;
  bool reading;
  Bytes bytes = {};
  int outcome = 0;
};

}  // namespace sockctl
