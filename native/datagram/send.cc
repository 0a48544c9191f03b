// Sends datagrams, many with one call.
#include "datagram/send.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/address.h"
#include "base/fields.h"

namespace sockctl {
namespace {

struct View {
  void* data = nullptr;
  size_t length = 0;
};

// The bytes of a Uint8Array.
View ViewOf(napi_env env, napi_value value) {
  View view;
  napi_typedarray_type type = napi_int8_array;
  if (napi_get_typedarray_info(env, value, &type, &view.length, &view.data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array)
    throw Napi::TypeError::New(env, "a Uint8Array is needed");
  return view;
}

View OptionalView(napi_env env, napi_value value) {
  napi_valuetype kind = napi_undefined;
  return napi_typeof(env, value, &kind) == napi_ok && kind == napi_undefined ? View{} : ViewOf(env, value);
}

// The elements of an array. Reading one may run JavaScript, an element's getter, which may free the bytes of another.
// So no pointer is taken before all elements of all arrays have been read.
std::vector<napi_value> Elements(napi_env env, napi_value list, uint32_t start, uint32_t count) {
  bool is_array = false;
  if (napi_is_array(env, list, &is_array) != napi_ok || !is_array)
    throw Napi::TypeError::New(env, "an array is needed");
  std::vector<napi_value> elements(count);
  for (uint32_t index = 0; index < count; ++index)
    // The error that an element's getter threw is the pending one, which this takes on.
    if (napi_get_element(env, list, start + index, &elements[index]) != napi_ok) throw Napi::Error::New(env);
  return elements;
}

// One value for all datagrams, or an array with one for each.
class OneOrEach {
 public:
  OneOrEach(napi_env env, napi_value value, uint32_t start, uint32_t count) : env_(env), one_(value) {
    bool is_array = false;
    if (napi_is_array(env, value, &is_array) == napi_ok && is_array) each_ = Elements(env, value, start, count);
  }
  [[nodiscard]] View At(uint32_t index) const { return OptionalView(env_, each_.empty() ? one_ : each_[index]); }

 private:
  napi_env env_;
  napi_value one_;
  std::vector<napi_value> each_;
};

}  // namespace

// (fd, datagrams, start, count, per_message, destination, control) -> the number of datagrams that the kernel took. If
// it took none, throws an errno, a number. More than one datagram per message takes a UDP_SEGMENT in `control`.
// Destination and control are one value for all datagrams, or a list with one for each.
Napi::Value SendDatagrams(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto fd = ReadInteger<int>(info[0], "fd");
  const auto start = ReadInteger<uint32_t>(info[2], "start");
  const auto count = ReadInteger<uint32_t>(info[3], "count");
  const auto per_message = ReadInteger<uint32_t>(info[4], "perMessage");
  constexpr uint32_t kMaxDatagrams = 1024;  // UIO_MAXIOV
  if (count > kMaxDatagrams || per_message < 1 || per_message > kMaxDatagrams)
    throw Napi::RangeError::New(env, "at most 1024 datagrams a call");
  const std::vector<napi_value> datagrams = Elements(env, info[1], start, count);
  const OneOrEach destinations(env, info[5], start, count);
  const OneOrEach controls(env, info[6], start, count);
  std::vector<iovec> vectors(count);
  for (uint32_t index = 0; index < count; ++index) {
    const View view = ViewOf(env, datagrams[index]);
    vectors[index] = {view.data, view.length};
  }
  std::vector<mmsghdr> messages((count + per_message - 1) / per_message);
  for (uint32_t index = 0; index < messages.size(); ++index) {
    const View destination = destinations.At(index * per_message);
    const View control = controls.At(index * per_message);
    msghdr& header = messages[index].msg_hdr;
    header.msg_name = destination.data;
    header.msg_namelen = static_cast<socklen_t>(destination.length);
    header.msg_iov = &vectors[size_t{index} * per_message];
    header.msg_iovlen = std::min(per_message, count - index * per_message);
    header.msg_control = control.data;
    header.msg_controllen = control.length;
  }
  const int sent = sendmmsg(fd, messages.data(), static_cast<unsigned>(messages.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) {
    napi_throw(env, Napi::Number::New(env, errno));
    return {};
  }
  return Napi::Number::New(env, std::min(count, static_cast<uint32_t>(sent) * per_message));
}

// (address, port) -> the sockaddr's bytes
Napi::Value EncodeSockaddr(const Napi::CallbackInfo& info) {
  const sockaddr_storage address = ParseSockaddr(info[0], ReadInteger<uint16_t>(info[1], "port"));
  return Napi::Buffer<uint8_t>::Copy(info.Env(), reinterpret_cast<const uint8_t*>(&address), SockaddrLength(address));
}

}  // namespace sockctl
