// Hands a descriptor that a message brought to its owner.
#include "socket/received_descriptor.h"

#include "base/fields.h"
#include "datagram/reader.h"
#include "socket/socket.h"

namespace sockctl {

// (reader, row, index, socket) -> whether there was one. In one call, so that the descriptor always has an owner.
Napi::Value TakeDescriptor(const Napi::CallbackInfo& info) {
  DatagramReader* const reader = DatagramReader::Unwrap(info[0].As<Napi::Object>());
  OwnedFd fd = reader->TakeDescriptor(ReadInteger<uint32_t>(info[1], "row"), ReadInteger<int>(info[2], "index"));
  if (!fd.valid()) return Napi::Boolean::New(info.Env(), false);
  Socket::Unwrap(info[3].As<Napi::Object>())->Own(info.Env(), std::move(fd));
  return Napi::Boolean::New(info.Env(), true);
}

}  // namespace sockctl
