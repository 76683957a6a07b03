#include "detect/literals/pickle_shape.h"

#include <algorithm>
#include <array>

#include "base/byte_reader.h"

namespace saiph::detect {

namespace {

// What follows an opcode (CPython Lib/pickletools.py names the same kinds).
enum class Operand : std::uint8_t {
  kInvalid,
  kNone,
  k1,
  k2,
  k4,
  k8,
  kLine,
  kTwoLines,
  kCount1,
  kCount4,
  kCount8
};

constexpr std::array<Operand, 256> make_operands() {
  std::array<Operand, 256> table{};
  const auto set = [&table](std::string_view opcodes, Operand operand) {
    for (const char c : opcodes) table[static_cast<std::uint8_t>(c)] = operand;
  };
  set("(.012Q)]}NRatlodsbue", Operand::kNone);
  set("\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98", Operand::kNone);
  set("Kqh\x80\x82", Operand::k1);
  set("M\x83", Operand::k2);
  set("Jjr\x84", Operand::k4);
  set("G\x95", Operand::k8);
  set("IFLSVPpg", Operand::kLine);
  set("ci", Operand::kTwoLines);
  set("UC\x8a\x8c", Operand::kCount1);
  set("TBX\x8b", Operand::kCount4);
  set("\x8d\x8e\x96", Operand::kCount8);
  return table;
}
constexpr auto kOperands = make_operands();
constexpr std::size_t kLineBytes = 4096;

bool is_name(ByteView text) {
  if (text.empty() || text.size() > 200) return false;
  return std::all_of(text.begin(), text.end(), [](std::uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c >= 0x80 || c == '<' || c == '>';
  });
}

}  // namespace

PickleShape walk_pickle(ByteView bytes) {
  PickleShape shape;
  ByteReader reader(bytes);
  bool last_text_is_name = false;  // STACK_GLOBAL takes the two texts before it
  bool text_before_is_name = false;
  const auto saw_text = [&](ByteView text) {
    text_before_is_name = last_text_is_name;
    last_text_is_name = is_name(text);
  };
  for (;;) {
    shape.length = reader.offset();
    std::uint8_t opcode = 0;
    if (!reader.u8(opcode)) {
      shape.cut = true;
      return shape;
    }
    ByteView operand;
    ByteView second;
    bool ok = true;
    std::uint8_t count8 = 0;
    std::uint32_t count32 = 0;
    std::uint64_t count = 0;
    switch (kOperands[opcode]) {
      case Operand::kInvalid:
        return shape;
      case Operand::kNone:
        break;
      case Operand::k1:
        ok = reader.skip(1);
        break;
      case Operand::k2:
        ok = reader.skip(2);
        break;
      case Operand::k4:
        ok = reader.skip(4);
        break;
      case Operand::k8:
        ok = reader.skip(8);
        break;
      case Operand::kLine:
        ok = reader.take_until('\n', kLineBytes, operand);
        break;
      case Operand::kTwoLines:
        ok = reader.take_until('\n', kLineBytes, operand) &&
             reader.take_until('\n', kLineBytes, second);
        break;
      case Operand::kCount1:
        ok = reader.u8(count8) && reader.take(count8, operand);
        break;
      case Operand::kCount4:
        ok = reader.u32le(count32) && reader.take(count32, operand);
        break;
      case Operand::kCount8:
        ok = reader.u64le(count) && reader.take(count, operand);
        break;
    }
    if (!ok) {
      // A count larger than what is left is a broken stream as much as a cut one.
      shape.cut = true;
      return shape;
    }
    switch (opcode) {
      case '.':
        shape.stopped = true;
        shape.length = reader.offset();
        return shape;
      case 'S':
      case 'V':
        if (opcode == 'S' && operand.size() >= 2) operand = operand.subspan(1, operand.size() - 2);
        saw_text(operand);
        break;
      case 'U':
      case 'T':
      case 'X':
      case 0x8c:
      case 0x8d:
        saw_text(operand);
        break;
      case 'c':
      case 'i':
        if (!is_name(operand) || !is_name(second)) return shape;
        ++shape.names;
        if (opcode == 'i') ++shape.calls;
        break;
      case 0x93:
        if (last_text_is_name && text_before_is_name) ++shape.names;
        break;
      case 'R':
      case 'o':
      case 'b':
      case 0x81:
      case 0x92:
        ++shape.calls;
        break;
      default:
        break;
    }
  }
}

}  // namespace saiph::detect
