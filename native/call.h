#pragma once
#include <napi.h>

#include "bytes.h"
#include "option.h"

namespace sockctl {

// On any thread. Each answers 0 where it went well, else errno + 4096 * FilterMode + 16384 where the kernel was not
// asked.
int SetOption(int fd, const Option& option, Bytes& value);
// What is asked gives way to the answer.
int GetOption(int fd, const Option& option, Bytes& question);

// What getsockopt is given: room for the answer, and the question where there is one.
void EncodeQuestion(const Codec& codec, const Napi::Value& question, Bytes& bytes);

// One of the two, ready for any thread: no JavaScript value in it.
struct Call {
  void Perform() { outcome = reading ? GetOption(fd, option, bytes) : SetOption(fd, option, bytes); }

  int fd;
  Option option;
  bool reading;
  Bytes bytes = {};
  int outcome = 0;
};

}  // namespace sockctl
