// What the addon exports on Linux beside addon.cc: batched datagrams, questions to rtnetlink, and descriptors of
// Deno's sockets and of other processes.
#include "addon.h"

#include "datagram/error_queue.h"
#include "datagram/poller.h"
#include "datagram/reader.h"
#include "datagram/send.h"
#include "datagram/send_control.h"
#include "host/netlink_questions.h"
#include "socket/original_descriptor.h"
#include "socket/process_descriptor.h"
#include "socket/received_descriptor.h"

namespace sockctl {

void AddSystemExports(Napi::Object& exports) {
  const Napi::Env env = exports.Env();
  exports.Set("Poller", Poller::Define(env));
  exports.Set("DatagramReader", DatagramReader::Define(env));
  exports.Set("NetlinkQuestions", NetlinkQuestions::Define(env));
  Add<SendDatagrams>(exports, "sendDatagrams");
  Add<EncodeSockaddr>(exports, "encodeSockaddr");
  Add<EncodeSendControl>(exports, "encodeSendControl");
  Add<ReadErrorQueue>(exports, "readErrorQueue");
  Add<TakeDescriptor>(exports, "takeDescriptor");
  Add<DuplicateOfProcess>(exports, "duplicateOfProcess");
  Add<OriginalDescriptor>(exports, "originalDescriptor");
}

}  // namespace sockctl
