// Reads batches of datagrams for JavaScript.
#include "datagram/reader.h"

#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/address.h"
#include "base/fields.h"
#include "base/unix_path.h"
#include "datagram/source.h"

namespace sockctl {
namespace {

bool IsBlank(const mmsghdr& message) {
  return message.msg_len == 0 && message.msg_hdr.msg_controllen == 0 && message.msg_hdr.msg_namelen == 0;
}

}  // namespace

Napi::Function DatagramReader::Define(Napi::Env env) {
  return DefineClass(env, "DatagramReader",
                     {
                         InstanceMethod<&DatagramReader::ColumnNames>("columns"),
                         InstanceMethod<&DatagramReader::Table>("table"),
                         InstanceMethod<&DatagramReader::Cells>("cells"),
                         InstanceMethod<&DatagramReader::Memory>("memory"),
                         InstanceMethod<&DatagramReader::HandOver>("handOver"),
                         InstanceMethod<&DatagramReader::Release>("release"),
                         InstanceMethod<&DatagramReader::Read>("read"),
                         InstanceMethod<&DatagramReader::Ended>("ended"),
                         InstanceMethod<&DatagramReader::Pack>("pack"),
                         InstanceMethod<&DatagramReader::AddressText>("addressText"),
                         InstanceMethod<&DatagramReader::Others>("others"),
                         InstanceMethod<&DatagramReader::Path>("path"),
                         InstanceMethod<&DatagramReader::Descriptors>("descriptors"),
                         InstanceMethod<&DatagramReader::Filtered>("filtered"),
                         InstanceMethod<&DatagramReader::Epoch>("epoch"),
                         InstanceMethod<&DatagramReader::SetRule>("setRule"),
                         InstanceMethod<&DatagramReader::Admit>("admit"),
                         InstanceMethod<&DatagramReader::Forget>("forget"),
                     });
}

// (batch, stride, room, controlRoom, family): the most datagrams of one read, the bytes from one to the next,
// the longest taken whole, the room for the control messages of each, and the family of the sockets
DatagramReader::DatagramReader(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<DatagramReader>(info),
      stride_(ReadInteger<uint32_t>(info[1], "stride")),
      room_(ReadInteger<uint32_t>(info[2], "room")),
      family_(info[4].IsUndefined() ? AF_INET : ReadInteger<int>(info[4], "family")),
      takes_descriptors_(family_ == AF_UNIX) {
  const Napi::Env env = info.Env();
  constexpr uint32_t kMaxBatch = 1024;  // UIO_MAXIOV
  const auto batch = ReadInteger<uint32_t>(info[0], "batch");
  if (batch < 1 || batch > kMaxBatch) throw Napi::RangeError::New(env, "batch is not from 1 to 1024");
  if (room_ < 1 || room_ > stride_) throw Napi::RangeError::New(env, "room is not from 1 to the stride");
  messages_.resize(batch);
  vectors_.resize(batch);
  sources_.resize(batch);
  const auto control_room = ReadInteger<uint32_t>(info[3], "controlRoom");
  if (control_room > kMaxControlRoom || control_room % alignof(cmsghdr) != 0)
    throw Napi::RangeError::New(env, "controlRoom is not a multiple of 8, up to 8192");
  SetControlRoom(control_room);
  others_.resize(batch);
  if (takes_descriptors_) descriptors_.resize(batch);
  table_ = Napi::Persistent(Napi::ArrayBuffer::New(env, batch * sizeof(Row)));
  rows_ = static_cast<Row*>(table_.Value().Data());
  cell_table_ = Napi::Persistent(Napi::ArrayBuffer::New(env, batch * columns_ * sizeof(Cell)));
  cells_ = static_cast<Cell*>(cell_table_.Value().Data());
}

// () -> the names of the columns
Napi::Value DatagramReader::ColumnNames(const Napi::CallbackInfo& info) {
  const Napi::Array names = Napi::Array::New(info.Env());
  for (const std::string_view name : Columns()) names.Set(names.Length(), std::string(name));
  return names;
}

// () -> ArrayBuffer: a row for each datagram of the last read
Napi::Value DatagramReader::Table(const Napi::CallbackInfo& /*info*/) { return table_.Value(); }

// () -> ArrayBuffer: a cell for each column of each row. It counts if the row's `filled` has the column's bit.
Napi::Value DatagramReader::Cells(const Napi::CallbackInfo& /*info*/) { return cell_table_.Value(); }

void DatagramReader::MustHaveSlab(Napi::Env env) {
  if (memory_ != nullptr) return;
  const Napi::Buffer<uint8_t> slab = slabs_->Take(env, stride_ * messages_.size());
  slab_ = Napi::Persistent(slab);
  memory_ = slab.Data();
  used_ = messages_.size();
}

// () -> Buffer: the memory of the last read, which the next read writes to
Napi::Value DatagramReader::Memory(const Napi::CallbackInfo& info) {
  MustHaveSlab(info.Env());
  return slab_.Value();
}

// () -> Buffer: the memory of the last read, which JavaScript owns from now on
Napi::Value DatagramReader::HandOver(const Napi::CallbackInfo& info) {
  MustHaveSlab(info.Env());
  const Napi::Value slab = slab_.Value();
  slab_.Reset();
  memory_ = nullptr;
  return slab;
}

// (): gives up the memory for further reads, and what nobody has taken, now: the collector may find this reader much
// later
void DatagramReader::Release(const Napi::CallbackInfo& /*info*/) {
  slab_.Reset();
  memory_ = nullptr;
  slabs_ = std::make_shared<SlabPool>();
  descriptors_.clear();
}

// The memory of a vector is aligned for any type, and so is each part of it, since the room is a multiple of 8.
void DatagramReader::SetControlRoom(size_t room) {
  control_room_ = room;
  control_.resize(messages_.size() * room);
  used_ = messages_.size();
}

// Makes the messages ready that the last read may have changed.
void DatagramReader::Prepare() {
  for (size_t index = 0; index < used_; ++index) {
    vectors_[index] = {memory_ + index * stride_, room_};
    msghdr& header = messages_[index].msg_hdr;
    header.msg_name = &sources_[index];
    header.msg_namelen = sizeof(sockaddr_storage);
    header.msg_iov = &vectors_[index];
    header.msg_iovlen = 1;
    header.msg_control = control_.data() + index * control_room_;
    header.msg_controllen = control_room_;
    header.msg_flags = 0;
  }
}

// (fd) -> how many datagrams were accepted; throws errno, a number. Nothing waiting is 0.
Napi::Value DatagramReader::Read(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto fd = ReadInteger<int>(info[0], "fd");
  MustHaveSlab(env);
  if (addresses_.Full()) {
    addresses_.Clear();
    ++epoch_;
  }
  // What nobody has taken since the last read is closed.
  descriptors_.clear();
  if (takes_descriptors_) descriptors_.resize(messages_.size());
  // Packet sockets refuse a flag that they do not know.
  const int flags = MSG_DONTWAIT | (takes_descriptors_ ? MSG_CMSG_CLOEXEC : 0);
  Prepare();
  const int got = recvmmsg(fd, messages_.data(), static_cast<unsigned>(messages_.size()), flags, nullptr);
  if (takes_descriptors_)
    for (int index = 0; index < got; ++index) descriptors_[index] = TakeDescriptors(messages_[index].msg_hdr);
  // recvmmsg may have begun to fill the next message, so that one is made ready again too.
  used_ = std::min(messages_.size(), static_cast<size_t>(std::max(got, 0)) + 1);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) {
      napi_throw(env, Napi::Number::New(env, errno));
      return {};
    }
    return WriteInteger(env, 0);
  }
  const size_t count = CountBeforeEnd(fd, static_cast<size_t>(got));
  const DeliveryRules& rules = rules_[fd];
  size_t accepted = 0;
  bool short_of_room = false;
  for (size_t index = 0; index < count; ++index) {
    short_of_room |= (messages_[index].msg_hdr.msg_flags & MSG_CTRUNC) != 0;
    if (Describe(index, rules, accepted)) ++accepted;
  }
  if (short_of_room && control_room_ < kMaxControlRoom) SetControlRoom(kMaxControlRoom);
  return WriteInteger(env, static_cast<int32_t>(accepted));
}

// How many messages a read got before the end of a connection. At the end the kernel gives empty messages without
// number, so an empty message without source or control messages can't be told from it if the peer has closed the
// connection right after.
size_t DatagramReader::CountBeforeEnd(int fd, size_t got) {
  ended_ = false;
  if (!takes_descriptors_ || got < messages_.size()) return got;
  size_t count = got;
  while (count > 0 && IsBlank(messages_[count - 1])) --count;
  if (count == got) return got;
  pollfd peer{fd, POLLRDHUP, 0};
  if (poll(&peer, 1, 0) != 1 || (peer.revents & POLLRDHUP) == 0) return got;
  int waiting = 0;
  // After a batch that was filled more messages may wait.
  if (ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0) return got;
  ended_ = count == 0;
  return count;
}

// () -> whether the last read found the end of the connection, and nothing before it
Napi::Value DatagramReader::Ended(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), ended_); }

bool DatagramReader::Describe(size_t index, const DeliveryRules& rules, size_t accepted) {
  mmsghdr& message = messages_[index];
  msghdr& header = message.msg_hdr;
  std::vector<ControlMessage>& others = others_[accepted];
  others.clear();
  Cell* const cells = cells_ + accepted * columns_;
  const Ancillary ancillary = ReadAncillary(header, addresses_, cells, others);
  const auto* slot = static_cast<const sockaddr_storage*>(header.msg_name);
  // The sockaddr may be shorter than sockaddr_storage, and a Unix sender may have none.
  sockaddr_storage sender{};
  if (header.msg_namelen > 0) sender = *slot;
  const bool is_inet = family_ == AF_INET || family_ == AF_INET6;
  const AddressKey source = is_inet ? AddressKeyOf(sender) : AddressKey{};
  if (!rules.Accepts(ancillary.destination, source)) {
    // A coalesced read holds many datagrams (UDP_GRO).
    const auto segment = static_cast<unsigned>(ancillary.segment);
    filtered_ += segment == 0 ? 1 : std::max(1U, (message.msg_len + segment - 1) / segment);
    return false;
  }
  Row& row = rows_[accepted];
  row = {};
  row.offset = static_cast<int32_t>(index * stride_);
  row.length = static_cast<int32_t>(message.msg_len);
  const Destination& destination = ancillary.destination;
  row.destination = destination.known ? static_cast<int32_t>(addresses_.NumberOf(destination.address)) : -1;
  row.interface = destination.interface;
  if (is_inet) {
    row.source = static_cast<int32_t>(addresses_.NumberOf(source));
    row.port = PortOf(sender);
  } else {
    const SourceNumbers numbers = ReadSource(family_, sender, header.msg_namelen, addresses_);
    row.source = numbers.address;
    row.port = numbers.port;
    row.interface = numbers.interface;
    row.flags = numbers.packet_type << kPacketTypeShift;
  }
  row.segment = ancillary.segment;
  row.filled = ancillary.filled;
  const bool brings = takes_descriptors_ && (!descriptors_[index].rights.empty() || descriptors_[index].pidfd.valid());
  if (brings && accepted != index) std::swap(descriptors_[accepted], descriptors_[index]);
  row.flags |= ((header.msg_flags & MSG_TRUNC) != 0 ? kTruncated : 0) | (others.empty() ? 0 : kOthers) |
               ((header.msg_flags & MSG_CTRUNC) != 0 ? kAncillaryTruncated : 0) |
               (destination.broadcast ? kBroadcast : 0) | (brings ? kDescriptors : 0);
  return true;
}

// (target, count): copies the datagrams of the last read, one after the other
void DatagramReader::Pack(const Napi::CallbackInfo& info) {
  auto target = info[0].As<Napi::Uint8Array>();
  uint8_t* const data = target.Data();
  const size_t room = target.ByteLength();
  const size_t count = std::min<size_t>(ReadInteger<uint32_t>(info[1], "count"), messages_.size());
  const size_t slab = memory_ == nullptr ? 0 : stride_ * messages_.size();
  size_t position = 0;
  for (size_t row = 0; row < count; ++row) {
    const auto offset = static_cast<size_t>(rows_[row].offset);
    const auto length = static_cast<size_t>(rows_[row].length);
    // JavaScript can write into the table, so its numbers may be wrong.
    if (length > slab || offset > slab - length || length > room - position)
      throw Napi::RangeError::New(info.Env(), "these bytes are not of the last read");
    // Without memory every datagram is empty.
    if (length == 0) continue;
    std::memcpy(data + position, memory_ + offset, length);
    position += length;
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

// (row) -> [{ level, type, data }]
Napi::Value DatagramReader::Others(const Napi::CallbackInfo& info) {
  const auto row = ReadInteger<uint32_t>(info[0], "row");
  const Napi::Array list = Napi::Array::New(info.Env());
  if (row >= others_.size()) return list;
  for (const ControlMessage& message : others_[row]) {
    Napi::Object entry = Napi::Object::New(info.Env());
    entry.Set("level", message.level);
    entry.Set("type", message.type);
    entry.Set("data", Napi::Buffer<uint8_t>::Copy(info.Env(), message.data.data(), message.data.size()));
    list.Set(list.Length(), entry);
  }
  return list;
}

// (row) -> the path that the sender of a Unix socket's message is bound to
Napi::Value DatagramReader::Path(const Napi::CallbackInfo& info) {
  const auto row = ReadInteger<uint32_t>(info[0], "row");
  const size_t index = row < messages_.size() ? static_cast<size_t>(rows_[row].offset) / stride_ : messages_.size();
  if (index >= messages_.size()) return Napi::String::New(info.Env(), "");
  return Napi::String::New(info.Env(), UnixPath(sources_[index], messages_[index].msg_hdr.msg_namelen));
}

// (row) -> how many descriptors the message brought, beside a pidfd
Napi::Value DatagramReader::Descriptors(const Napi::CallbackInfo& info) {
  const auto row = ReadInteger<uint32_t>(info[0], "row");
  return WriteInteger(info.Env(),
                      row < descriptors_.size() ? static_cast<uint32_t>(descriptors_[row].rights.size()) : 0U);
}

OwnedFd DatagramReader::TakeDescriptor(uint32_t row, int index) {
  if (row >= descriptors_.size()) return {};
  ReceivedDescriptors& received = descriptors_[row];
  if (index < 0) return std::move(received.pidfd);
  return static_cast<size_t>(index) < received.rights.size() ? std::move(received.rights[index]) : OwnedFd();
}

Napi::Value DatagramReader::Filtered(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), filtered_);
}

// () -> a number that changes when the numbers of addresses begin anew
Napi::Value DatagramReader::Epoch(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), epoch_); }

// (fd, group, interface, mode, sources)
void DatagramReader::SetRule(const Napi::CallbackInfo& info) {
  const FilterMode mode = ReadFilterMode(info[3]);
  const auto list = info[4].As<Napi::Array>();
  std::vector<AddressKey> sources;
  for (uint32_t index = 0; index < list.Length(); ++index)
    sources.push_back(AddressKeyOf(ParseSockaddr(list.Get(index))));
  rules_[ReadInteger<int>(info[0], "fd")].Set(AddressKeyOf(ParseSockaddr(info[1])),
                                              ReadInteger<int>(info[2], "interface"), mode, sources);
}

// (fd, unicast, broadcast)
void DatagramReader::Admit(const Napi::CallbackInfo& info) {
  rules_[ReadInteger<int>(info[0], "fd")].Admit(info[1].ToBoolean().Value(), info[2].ToBoolean().Value());
}

// (fd): drops the rules, since the kernel may give the number to another socket
void DatagramReader::Forget(const Napi::CallbackInfo& info) { rules_.erase(ReadInteger<int>(info[0], "fd")); }

}  // namespace sockctl
