// What the addon exports on every system.
#include "addon.h"

#include "base/constants.h"
#include "base/environment.h"
#include "calls/batch.h"
#include "calls/option.h"
#include "codec/codec.h"
#include "codec/filter_mode.h"
#include "host/interfaces.h"
#include "host/lookup.h"
#include "socket/descriptor_owner.h"
#include "socket/socket.h"

namespace sockctl {
namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  Environment::Open(env);
  exports.Set("constants", Constants(env));
  exports.Set("codecs", CodecIndex(env));
  exports.Set("filterModes", FilterModes(env));
  exports.Set("Batch", Batch::Define(env));
  exports.Set("Lookup", Lookup::Define(env));
  exports.Set("Socket", Socket::Define(env));
  Add<MakeOption>(exports, "option");
  Add<Encode>(exports, "encode");
  Add<Decode>(exports, "decode");
  Add<Kind>(exports, "kind");
  Add<Bind>(exports, "bind");
  Add<Listen>(exports, "listen");
  Add<Connect>(exports, "connect");
  Add<Disconnect>(exports, "disconnect");
  Add<SocketPair>(exports, "socketPair");
  Add<EncodeAddress>(exports, "encodeAddress");
  Add<DecodeAddress>(exports, "decodeAddress");
  Add<LocalAddress>(exports, "localAddress");
  Add<RemoteAddress>(exports, "remoteAddress");
  Add<HasOwner>(exports, "hasOwner");
  Add<Interfaces>(exports, "interfaces");
  Add<NameToIndex>(exports, "nameToIndex");
  Add<IndexToName>(exports, "indexToName");
  Add<HasInterface>(exports, "hasInterface");
  AddSystemExports(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(sockctl, Init)  // NOLINT

}  // namespace sockctl
