#include <napi.h>

#include "base/constants.h"
#include "base/environment.h"
#include "calls/batch.h"
#include "calls/option.h"
#include "codec/codec.h"
#include "codec/encode_decode.h"
#include "codec/filter_mode.h"
#include "datagram/error_queue.h"
#include "datagram/poller.h"
#include "datagram/reader.h"
#include "datagram/send.h"
#include "datagram/send_control.h"
#include "host/interfaces.h"
#include "host/lookup.h"
#include "socket/socket.h"

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
  exports.Set("filterModes", FilterModes(env));
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
