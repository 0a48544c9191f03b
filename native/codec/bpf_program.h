// Classic BPF programs, as SO_ATTACH_FILTER takes them and SO_GET_FILTER gives them.
#pragma once
#include <linux/filter.h>
#include <napi.h>

#include "base/bytes.h"

namespace sockctl {

// A program to be set is a struct sock_fprog with the instructions behind it, to which the struct points. A program
// read back is the instructions alone.
constexpr size_t kInstructionSize = sizeof(sock_filter);
constexpr size_t kProgramRoom = kInstructionSize * 32;

void EncodeProgram(const Napi::Value& value, Bytes& bytes);
Napi::Value DecodeProgram(Napi::Env env, const Bytes& bytes);
size_t ProgramRoomNeeded(const Bytes& answer, size_t room);
size_t SetProgramPointer(Bytes& bytes);

}  // namespace sockctl
