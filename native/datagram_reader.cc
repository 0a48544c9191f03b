#ifdef __linux__
#include "datagram_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "address.h"
#include "fields.h"

namespace sockctl {

Napi::Function DatagramReader::Define(Napi::Env env) {
  return DefineClass(env, "DatagramReader",
                     {
                         InstanceMethod<&DatagramReader::Slab>("slab"),
                         InstanceMethod<&DatagramReader::Read>("read"),
                         InstanceMethod<&DatagramReader::Pack>("pack"),
                         InstanceMethod<&DatagramReader::AddressText>("addressText"),
                         InstanceMethod<&DatagramReader::Others>("others"),
                         InstanceMethod<&DatagramReader::Filtered>("filtered"),
                         InstanceMethod<&DatagramReader::Epoch>("epoch"),
                         InstanceMethod<&DatagramReader::SetRule>("setRule"),
                         InstanceMethod<&DatagramReader::Admit>("admit"),
                         InstanceMethod<&DatagramReader::Forget>("forget"),
                     });
}

// (batch): how many datagrams one read may bring
DatagramReader::DatagramReader(const Napi::CallbackInfo& info) : Napi::ObjectWrap<DatagramReader>(info) {
  constexpr uint32_t kMost = 1024;  // UIO_MAXIOV
  const auto batch = ReadInteger<uint32_t>(info[0], "batch");
  if (batch < 1 || batch > kMost) throw Napi::RangeError::New(info.Env(), "batch is not from 1 to 1024");
  messages_.resize(batch);
  vectors_.resize(batch);
  slots_.resize(batch);
  rows_.resize(batch);
  others_.resize(batch);
}

// Only what the kernel has changed is made ready again.
void DatagramReader::Prepare(size_t count, uint8_t* slab, size_t stride, size_t room) {
  const bool elsewhere = slab != slab_ || stride != stride_ || room != room_ || count > prepared_;
  for (size_t place = 0; place < (elsewhere ? count : used_); ++place) {
    vectors_[place] = {slab + place * stride, room};
    msghdr& header = messages_[place].msg_hdr;
    header.msg_name = &slots_[place].source;
    header.msg_namelen = sizeof(sockaddr_storage);
    header.msg_iov = &vectors_[place];
    header.msg_iovlen = 1;
    header.msg_control = slots_[place].control.data();
    header.msg_controllen = kControl;
    header.msg_flags = 0;
  }
  slab_ = slab;
  stride_ = stride;
  room_ = room;
  if (elsewhere) prepared_ = count;
}

// (size) -> a Buffer to read into
Napi::Value DatagramReader::Slab(const Napi::CallbackInfo& info) {
  return slabs_->Take(info.Env(), ReadInteger<uint32_t>(info[0], "size"));
}

// (fd, slab, stride, room, table) -> how many datagrams were accepted; throws errno, a number.
// Each goes `stride` bytes behind the one before, at most `room` bytes of it. Nothing waiting is 0.
Napi::Value DatagramReader::Read(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto fd = ReadInteger<int>(info[0], "fd");
  auto slab = info[1].As<Napi::Uint8Array>();
  const size_t stride = ReadInteger<uint32_t>(info[2], "stride");
  const size_t room = ReadInteger<uint32_t>(info[3], "room");
  auto table = info[4].As<Napi::Uint8Array>();
  if (room == 0 || room > stride) throw Napi::RangeError::New(env, "room is not from 1 to the stride");
  const size_t count = std::min(slab.ByteLength() / stride, messages_.size());
  if (table.ByteLength() < count * sizeof(Row)) throw Napi::RangeError::New(env, "the table is too short");
  if (addresses_.Full()) {
    addresses_.Clear();
    ++epoch_;
  }
  Prepare(count, slab.Data(), stride, room);
  const int got = recvmmsg(fd, messages_.data(), static_cast<unsigned>(count), MSG_DONTWAIT, nullptr);
  // The one behind them may have been begun.
  used_ = std::min(count, static_cast<size_t>(std::max(got, 0)) + 1);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) {
      napi_throw(env, Napi::Number::New(env, errno));
      return {};
    }
    return Napi::Number::New(env, 0);
  }
  const DeliveryRules& rules = rules_[fd];
  size_t accepted = 0;
  for (size_t place = 0; place < static_cast<size_t>(got); ++place) {
    others_[accepted].clear();
    if (Describe(messages_[place], rules, static_cast<int32_t>(place * stride), rows_[accepted])) ++accepted;
  }
  std::memcpy(table.Data(), rows_.data(), accepted * sizeof(Row));
  return Napi::Number::New(env, static_cast<double>(accepted));
}

bool DatagramReader::Describe(mmsghdr& message, const DeliveryRules& rules, int32_t offset, Row& row) {
  msghdr& header = message.msg_hdr;
  std::vector<ControlMessage>& others = others_[static_cast<size_t>(&row - rows_.data())];
  const Ancillary said = ReadAncillary(header, others);
  const auto* slot = static_cast<const sockaddr_storage*>(header.msg_name);
  // A raw or Unix socket may say less of the sender than a datagram socket does.
  sockaddr_storage sender{};
  if (header.msg_namelen > 0) sender = *slot;
  const AddressKey source = AddressKeyOf(sender);
  if (!rules.Accepts(said, source)) {
    // A coalesced read holds several (UDP_GRO).
    const auto segment = static_cast<unsigned>(said.segment);
    filtered_ += segment == 0 ? 1 : std::max(1U, (message.msg_len + segment - 1) / segment);
    return false;
  }
  row = {};
  row.offset = offset;
  row.length = static_cast<int32_t>(message.msg_len);
  row.source = static_cast<int32_t>(addresses_.NumberOf(source));
  row.port = PortOf(sender);
  row.destination = said.has_destination ? static_cast<int32_t>(addresses_.NumberOf(said.destination)) : -1;
  row.interface = said.interface;
  row.hop_limit = said.hop_limit;
  row.traffic_class = said.traffic_class;
  row.segment = said.segment;
  row.original = said.has_original ? static_cast<int32_t>(addresses_.NumberOf(said.original)) : -1;
  row.original_port = said.original_port;
  row.timestamp = said.timestamp;
  row.hardware_timestamp = said.hardware_timestamp;
  row.flags = ((header.msg_flags & MSG_TRUNC) != 0 ? kTruncated : 0) | (said.has_timestamp ? kTimestamp : 0) |
              (said.has_hardware_timestamp ? kHardwareTimestamp : 0) | (others.empty() ? 0 : kOthers);
  return true;
}

// (slab, target, count): the datagrams of the last read one behind the other, for small ones in a large slab
void DatagramReader::Pack(const Napi::CallbackInfo& info) {
  const auto slab = info[0].As<Napi::Uint8Array>();
  auto target = info[1].As<Napi::Uint8Array>();
  const size_t count = std::min<size_t>(ReadInteger<uint32_t>(info[2], "count"), rows_.size());
  size_t place = 0;
  for (size_t at = 0; at < count; ++at) {
    const auto offset = static_cast<size_t>(rows_[at].offset);
    const auto length = static_cast<size_t>(rows_[at].length);
    if (offset + length > slab.ByteLength() || place + length > target.ByteLength())
      throw Napi::RangeError::New(info.Env(), "these bytes are not of the last read");
    std::memcpy(target.Data() + place, slab.Data() + offset, length);
    place += length;
  }
}

// (number) -> text
Napi::Value DatagramReader::AddressText(const Napi::CallbackInfo& info) {
  try {
    return Napi::String::New(info.Env(), addresses_.TextAt(ReadInteger<uint32_t>(info[0], "number")));
  } catch (const std::out_of_range&) {
    throw Napi::RangeError::New(info.Env(), "no address has this number");
  }
}

// (place) -> [{ level, type, data }]
Napi::Value DatagramReader::Others(const Napi::CallbackInfo& info) {
  const auto place = ReadInteger<uint32_t>(info[0], "place");
  const Napi::Array list = Napi::Array::New(info.Env());
  if (place >= others_.size()) return list;
  for (const ControlMessage& message : others_[place]) {
    Napi::Object entry = Napi::Object::New(info.Env());
    entry.Set("level", message.level);
    entry.Set("type", message.type);
    entry.Set("data", Napi::Buffer<uint8_t>::Copy(info.Env(), message.data.data(), message.data.size()));
    list.Set(list.Length(), entry);
  }
  return list;
}

Napi::Value DatagramReader::Filtered(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), filtered_);
}

// When it changes, the numbers of addresses begin anew.
Napi::Value DatagramReader::Epoch(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), epoch_); }

// (fd, group, interface, mode, sources)
void DatagramReader::SetRule(const Napi::CallbackInfo& info) {
  const auto mode = ReadInteger<uint32_t>(info[3], "mode");
  if (mode > 2) throw Napi::RangeError::New(info.Env(), "mode is not 0, 1 or 2");
  const auto list = info[4].As<Napi::Array>();
  std::vector<AddressKey> sources;
  for (uint32_t place = 0; place < list.Length(); ++place)
    sources.push_back(AddressKeyOf(ParseSockaddr(list.Get(place))));
  rules_[ReadInteger<int>(info[0], "fd")].Set(AddressKeyOf(ParseSockaddr(info[1])),
                                              ReadInteger<int>(info[2], "interface"),
                                              static_cast<DeliveryRules::Mode>(mode), sources);
}

// (fd, unicast, broadcast)
void DatagramReader::Admit(const Napi::CallbackInfo& info) {
  rules_[ReadInteger<int>(info[0], "fd")].Admit(info[1].ToBoolean().Value(), info[2].ToBoolean().Value());
}

// (fd): its number may become another's
void DatagramReader::Forget(const Napi::CallbackInfo& info) { rules_.erase(ReadInteger<int>(info[0], "fd")); }

}  // namespace sockctl
#endif
