// Reads batches of datagrams for JavaScript.
#pragma once
#include <napi.h>

#include <memory>
#include <unordered_map>
#include <vector>

#include "datagram/address_table.h"
#include "datagram/ancillary.h"
#include "datagram/delivery_rules.h"
#include "datagram/descriptors.h"
#include "datagram/slab_pool.h"

namespace sockctl {

// Reads batches with recvmmsg, and writes all that is known of each datagram into tables that JavaScript reads. No
// JavaScript object is made for a datagram: that would cost more than the read.
class DatagramReader : public Napi::ObjectWrap<DatagramReader> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit DatagramReader(const Napi::CallbackInfo& info);

  // A descriptor that the message of a row of the last read brought: the one at `index`, or the pidfd at -1. Not valid
  // if there is none.
  OwnedFd TakeDescriptor(uint32_t row, int index);

 private:
  Napi::Value ColumnNames(const Napi::CallbackInfo& info);
  Napi::Value Table(const Napi::CallbackInfo& info);
  Napi::Value Cells(const Napi::CallbackInfo& info);
  Napi::Value Memory(const Napi::CallbackInfo& info);
  Napi::Value HandOver(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);
  Napi::Value Ended(const Napi::CallbackInfo& info);
  void Pack(const Napi::CallbackInfo& info);
  Napi::Value AddressText(const Napi::CallbackInfo& info);
  Napi::Value Others(const Napi::CallbackInfo& info);
  Napi::Value Path(const Napi::CallbackInfo& info);
  Napi::Value Descriptors(const Napi::CallbackInfo& info);
  Napi::Value Filtered(const Napi::CallbackInfo& info);
  Napi::Value Epoch(const Napi::CallbackInfo& info);
  void SetRule(const Napi::CallbackInfo& info);
  void Admit(const Napi::CallbackInfo& info);
  void Forget(const Napi::CallbackInfo& info);

  // A row of the table for each datagram. lib/datagram/datagram.ts has the fields in the same order.
  struct Row {
    int32_t offset;
    int32_t length;
    int32_t source;
    int32_t port;
    int32_t destination;
    int32_t interface;
    int32_t segment;
    int32_t flags;
    uint32_t filled;
  };
  enum Flag { kTruncated = 1, kOthers = 2, kAncillaryTruncated = 4, kBroadcast = 8, kDescriptors = 16 };
  // The bits of the flags from this one on hold the type of a packet socket's packet.
  static constexpr int kPacketTypeShift = 8;

  // The room for the control messages of a datagram, in bytes, once a datagram had more of them than fit.
  static constexpr size_t kMaxControlRoom = 8192;

  void MustHaveSlab(Napi::Env env);
  size_t CountBeforeEnd(int fd, size_t got);
  void SetControlRoom(size_t room);
  void Prepare();
  bool Describe(size_t index, const DeliveryRules& rules, size_t accepted);

  // A datagram starts `stride_` bytes after the one before, and has at most `room_` bytes.
  size_t stride_ = 0;
  size_t room_ = 0;
  std::shared_ptr<SlabPool> slabs_ = std::make_shared<SlabPool>();
  Napi::Reference<Napi::Buffer<uint8_t>> slab_;
  uint8_t* memory_ = nullptr;
  // The number of messages that the last read may have changed.
  size_t used_ = 0;
  std::vector<mmsghdr> messages_;
  std::vector<iovec> vectors_;
  std::vector<sockaddr_storage> sources_;
  size_t control_room_ = 0;
  std::vector<uint8_t> control_;
  Napi::Reference<Napi::ArrayBuffer> table_;
  Row* rows_ = nullptr;
  // A cell for each column of each row.
  size_t columns_ = Columns().size();
  Napi::Reference<Napi::ArrayBuffer> cell_table_;
  Cell* cells_ = nullptr;
  std::vector<std::vector<ControlMessage>> others_;
  // Of IPv4 and IPv6 sockets either.
  int family_ = AF_INET;
  // Whether messages may bring descriptors, and those of each row that nobody has taken.
  bool takes_descriptors_ = false;
  bool ended_ = false;
  std::vector<ReceivedDescriptors> descriptors_;
  AddressTable addresses_;
  // The rules of each descriptor.
  std::unordered_map<int, DeliveryRules> rules_;
  double filtered_ = 0;
  double epoch_ = 0;
};

}  // namespace sockctl
