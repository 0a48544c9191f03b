#include <napi.h>

#include "batch.h"
#include "codec.h"
#include "constants.h"
#include "datagram_reader.h"
#include "error_queue.h"
#include "interfaces.h"
#include "lookup.h"
#include "option.h"
#include "poller.h"
#include "send.h"
#include "send_control.h"
#include "socket.h"
#include "sockopt.h"

namespace sockctl {
namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  exports.Set("constants", Constants(env));
  exports.Set("codecs", CodecIndex(env));
  exports.Set("Batch", Batch::Define(env));
  exports.Set("Lookup", Lookup::Define(env));
  exports.Set("Socket", Socket::Define(env));
#ifdef __linux__
  exports.Set("Poller", Poller::Define(env));
  exports.Set("DatagramReader", DatagramReader::Define(env));
  add("sendDatagrams", SendDatagrams);
  add("encodeSockaddr", EncodeSockaddr);
  add("encodeSendControl", EncodeSendControl);
  add("readErrorQueue", ReadErrorQueue);
#endif
  add("option", MakeOption);
  add("set", SetSync);
  add("get", GetSync);
  add("encode", Encode);
  add("decode", Decode);
  add("kind", Kind);
  add("bind", Bind);
  add("listen", Listen);
  add("connect", Connect);
  add("disconnect", Disconnect);
  add("localAddress", LocalAddress);
  add("remoteAddress", RemoteAddress);
  add("interfaces", Interfaces);
  add("nameToIndex", NameToIndex);
  add("indexToName", IndexToName);
  return exports;
}

}  // namespace

NODE_API_MODULE(sockctl, Init)  // NOLINT

}  // namespace sockctl
