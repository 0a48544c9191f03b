#include <napi.h>

#include "batch.h"
#include "codec.h"
#include "constants.h"
#include "datagram_reader.h"
#include "environment.h"
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

template <Napi::Value (*Function)(const Napi::CallbackInfo&)>
void Add(Napi::Object& exports, const char* name) {
  exports.Set(name, Napi::Function::New<Function>(exports.Env(), name));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  Environment::Open(env);
  exports.Set("constants", Constants(env));
  exports.Set("codecs", CodecIndex(env));
  exports.Set("Batch", Batch::Define(env));
  exports.Set("Lookup", Lookup::Define(env));
  exports.Set("Socket", Socket::Define(env));
#ifdef __linux__
  exports.Set("Poller", Poller::Define(env));
  exports.Set("DatagramReader", DatagramReader::Define(env));
  Add<SendDatagrams>(exports, "sendDatagrams");
  Add<EncodeSockaddr>(exports, "encodeSockaddr");
  Add<EncodeSendControl>(exports, "encodeSendControl");
  Add<ReadErrorQueue>(exports, "readErrorQueue");
#endif
  Add<MakeOption>(exports, "option");
  Add<Encode>(exports, "encode");
  Add<Decode>(exports, "decode");
  Add<Kind>(exports, "kind");
  Add<Bind>(exports, "bind");
  Add<Listen>(exports, "listen");
  Add<Connect>(exports, "connect");
  Add<Disconnect>(exports, "disconnect");
  Add<LocalAddress>(exports, "localAddress");
  Add<RemoteAddress>(exports, "remoteAddress");
  Add<Interfaces>(exports, "interfaces");
  Add<NameToIndex>(exports, "nameToIndex");
  Add<IndexToName>(exports, "indexToName");
  Add<HasInterface>(exports, "hasInterface");
  return exports;
}

}  // namespace

NODE_API_MODULE(sockctl, Init)  // NOLINT

}  // namespace sockctl
