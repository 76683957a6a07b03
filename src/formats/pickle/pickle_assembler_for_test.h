// Writes pickle streams opcode by opcode, so that tests state exactly what a loader would see.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace saiph::formats {

/// Fluent: Pickle(4).global("os", "system").text("true").tuple1().reduce().stop().bytes()
class PickleAssembler {
 public:
  PickleAssembler() = default;
  explicit PickleAssembler(int protocol) { op(0x80).u8(static_cast<unsigned>(protocol)); }

  PickleAssembler& op(unsigned byte) { return u8(byte); }
  PickleAssembler& u8(unsigned v) {
    bytes_.push_back(static_cast<std::uint8_t>(v));
    return *this;
  }
  PickleAssembler& u16(unsigned v) { return u8(v & 255U).u8((v >> 8) & 255U); }
  PickleAssembler& u32(std::uint32_t v) { return u16(v & 0xFFFFU).u16(v >> 16); }
  PickleAssembler& u64(std::uint64_t v) {
    return u32(static_cast<std::uint32_t>(v)).u32(static_cast<std::uint32_t>(v >> 32));
  }
  PickleAssembler& raw(std::string_view text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return *this;
  }
  PickleAssembler& raw(const Bytes& more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return *this;
  }

  PickleAssembler& mark() { return op('('); }
  PickleAssembler& none() { return op('N'); }
  PickleAssembler& integer(unsigned v) { return v < 256 ? op('K').u8(v) : op('J').u32(v); }
  PickleAssembler& text(std::string_view t) {
    return op(0x8C).u8(static_cast<unsigned>(t.size())).raw(t);
  }
  PickleAssembler& long_text(std::string_view t) {
    return op('X').u32(static_cast<std::uint32_t>(t.size())).raw(t);
  }
  PickleAssembler& old_text(std::string_view t) {
    return op('U').u8(static_cast<unsigned>(t.size())).raw(t);
  }
  PickleAssembler& quoted(std::string_view t) { return op('S').raw("'").raw(t).raw("'\n"); }
  PickleAssembler& unicode(std::string_view t) { return op('V').raw(t).raw("\n"); }
  PickleAssembler& data(const Bytes& b) {
    return op('B').u32(static_cast<std::uint32_t>(b.size())).raw(b);
  }
  PickleAssembler& global(std::string_view module, std::string_view name) {
    return op('c').raw(module).raw("\n").raw(name).raw("\n");
  }
  PickleAssembler& stack_global(std::string_view module, std::string_view name) {
    return text(module).text(name).op(0x93);
  }
  PickleAssembler& inst(std::string_view module, std::string_view name) {
    return op('i').raw(module).raw("\n").raw(name).raw("\n");
  }
  PickleAssembler& tuple() { return op('t'); }
  PickleAssembler& tuple1() { return op(0x85); }
  PickleAssembler& tuple2() { return op(0x86); }
  PickleAssembler& tuple3() { return op(0x87); }
  PickleAssembler& empty_tuple() { return op(')'); }
  PickleAssembler& empty_dict() { return op('}'); }
  PickleAssembler& empty_list() { return op(']'); }
  PickleAssembler& reduce() { return op('R'); }
  PickleAssembler& new_object() { return op(0x81); }
  PickleAssembler& new_object_ex() { return op(0x92); }
  PickleAssembler& build() { return op('b'); }
  PickleAssembler& obj() { return op('o'); }
  PickleAssembler& pop() { return op('0'); }
  PickleAssembler& dup() { return op('2'); }
  PickleAssembler& put(unsigned index) { return op('q').u8(index); }
  PickleAssembler& get(unsigned index) { return op('h').u8(index); }
  PickleAssembler& memoize() { return op(0x94); }
  PickleAssembler& frame(std::uint64_t length) { return op(0x95).u64(length); }
  PickleAssembler& stop() { return op('.'); }
  /// module.name("true"), the usual malicious shape with an argument that has no effect.
  PickleAssembler& call(std::string_view module, std::string_view name) {
    return global(module, name).text("true").tuple1().reduce();
  }

  const Bytes& bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
};

}  // namespace saiph::formats
