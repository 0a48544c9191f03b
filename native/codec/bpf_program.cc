// An instruction is an object with the fields of struct sock_filter.
#include "codec/bpf_program.h"

#include <linux/filter.h>

#include "base/fields.h"

namespace sockctl {
namespace {

template <class IO>
void Fields(IO& io, sock_filter& value) {
  io("code", value.code);
  io("jt", value.jt);
  io("jf", value.jf);
  io("k", value.k);
}

}  // namespace

void EncodeProgram(const Napi::Value& value, Bytes& bytes) {
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "the value is not an array of instructions");
  const auto list = value.As<Napi::Array>();
  sock_fprog head{};
  if (list.Length() > BPF_MAXINSNS) throw Napi::RangeError::New(value.Env(), "the program is too long");
  head.len = static_cast<unsigned short>(list.Length());
  bytes.Assign(head);
  bytes.Resize(sizeof head + head.len * kInstructionSize);
  for (uint32_t i = 0; i < head.len; ++i) {
    sock_filter instruction{};
    FromJs io(list.Get(i));
    Fields(io, instruction);
    std::memcpy(bytes.data() + sizeof head + i * kInstructionSize, &instruction, kInstructionSize);
  }
}

Napi::Value DecodeProgram(Napi::Env env, const Bytes& bytes) {
  Napi::Array list = Napi::Array::New(env);
  for (size_t offset = 0; offset + kInstructionSize <= bytes.size(); offset += kInstructionSize) {
    sock_filter instruction{};
    std::memcpy(&instruction, bytes.data() + offset, kInstructionSize);
    ToJs io(env, &instruction, kInstructionSize);
    Fields(io, instruction);
    list.Set(static_cast<uint32_t>(offset / kInstructionSize), io.object());
  }
  return list;
}

// A program that does not fit is answered with EINVAL, so that an answer always fitted.
size_t ProgramRoomNeeded(const Bytes& /*answer*/, size_t room) { return room; }

size_t SetProgramPointer(Bytes& bytes) {
  sock_fprog head{};
  std::memcpy(&head, bytes.data(), sizeof head);
  head.filter = reinterpret_cast<sock_filter*>(bytes.data() + sizeof head);
  std::memcpy(bytes.data(), &head, sizeof head);
  return sizeof head;
}

}  // namespace sockctl
