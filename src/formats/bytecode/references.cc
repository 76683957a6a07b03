#include <algorithm>
#include <unordered_map>

#include "base/byte_reader.h"
#include "formats/bytecode/bytecode.h"

namespace saiph::formats {

namespace {

// Numbers of the instructions that move names; they kept theirs from 2.7 to 3.12.
constexpr std::uint8_t kStoreName = 90;
constexpr std::uint8_t kStoreGlobal = 97;
constexpr std::uint8_t kLoadName = 101;
constexpr std::uint8_t kLoadAttribute = 106;
constexpr std::uint8_t kImportName = 108;
constexpr std::uint8_t kImportFrom = 109;
constexpr std::uint8_t kLoadGlobal = 116;
constexpr std::uint8_t kLoadFast = 124;
constexpr std::uint8_t kStoreFast = 125;
constexpr std::uint8_t kLoadMethod = 160;  // 3.7 to 3.11
constexpr std::uint8_t kHasArgument = 90;
constexpr std::uint8_t kPopTop = 1;

// Instructions that call: CALL_FUNCTION and its relatives to 3.10, CALL and CALL_FUNCTION_EX later.
bool is_call(std::uint8_t op, PythonVersion version) {
  if (version >= 311) return op == 171 || op == 142;
  return op == 131 || op == 141 || op == 142 || op == 161 || (version < 306 && op == 140);
}

constexpr std::size_t kMaxPaths = 16'384;
constexpr std::size_t kMaxPath = 200;

class Walker {
 public:
  Walker(const CodeObject& code, PythonVersion version) : code_(code), version_(version) {}

  CodeReferences run() {
    const std::uint8_t extended = version_ < 300 ? 145 : 144;
    const bool words = version_ >= 306;
    ByteReader reader(code_.code);
    std::uint32_t high = 0;
    std::uint8_t op = 0;
    while (reader.u8(op)) {
      std::uint32_t argument = 0;
      if (words) {
        std::uint8_t low = 0;
        if (!reader.u8(low)) break;
        argument = low;
      } else if (op >= kHasArgument) {
        std::uint16_t low = 0;
        if (!reader.u16le(low)) break;
        argument = low;
      }
      argument |= high;
      if (op == extended) {
        high = words ? argument << 8U : argument << 16U;
        continue;
      }
      high = 0;
      step(op, argument);
    }
    flush();
    out_.exact = true;
    return std::move(out_);
  }

 private:
  std::string name(std::uint32_t index) const {
    return index < code_.names.size() ? code_.names[index] : std::string();
  }
  std::string variable(std::uint32_t index) const {
    return index < code_.variables.size() ? "%" + code_.variables[index] : std::string();
  }

  void flush() {
    if (!path_.empty() && path_ != out_last_) {
      if (out_.paths.size() < kMaxPaths) {
        out_.paths.push_back({path_, false});
        out_last_ = path_;
      } else {
        out_.cut = true;
      }
    }
    path_.clear();
  }

  void load(const std::string& key) {
    flush();
    const auto alias = aliases_.find(key);
    path_ = alias == aliases_.end() ? (key.starts_with("%") ? std::string() : key) : alias->second;
  }

  void store(std::string key) {
    if (aliases_.size() >= kMaxPaths) out_.cut = true;
    if (!path_.empty() && aliases_.size() < kMaxPaths) {
      // `import a.b` binds a; `import a.b as x` loads its parts one by one.
      if (imported_ && !key.starts_with("%") && path_.starts_with(key + ".")) path_ = key;
      aliases_[std::move(key)] = path_;
    } else {
      aliases_.erase(key);
    }
    imported_ = false;
    flush();
  }

  // Everything loaded since the statement began may be what is called.
  void mark_called() {
    flush();
    for (; statement_ < out_.paths.size(); ++statement_) out_.paths[statement_].called = true;
  }

  void step(std::uint8_t op, std::uint32_t argument) {
    if (is_call(op, version_)) mark_called();
    if (op == kPopTop || op == kStoreName || op == kStoreGlobal || op == kStoreFast ||
        op == kImportName) {
      ends_statement_ = true;
    }
    if (op == kPopTop) flush();
    move(op, argument);
    if (ends_statement_) {
      statement_ = out_.paths.size();
      ends_statement_ = false;
    }
  }

  void move(std::uint8_t op, std::uint32_t argument) {
    switch (op) {
      case kLoadName:
        load(name(argument));
        break;
      case kLoadGlobal:
        load(name(version_ >= 311 ? argument >> 1U : argument));
        break;
      case kLoadFast:
        load(variable(argument));
        break;
      case kLoadAttribute:
        attribute(name(version_ >= 312 ? argument >> 1U : argument));
        break;
      case kLoadMethod:
        if (version_ >= 307 && version_ < 312) attribute(name(argument));
        break;
      case kImportName:
        flush();
        path_ = module_ = name(argument);
        imported_ = true;
        break;
      case kImportFrom:
        flush();
        path_ = module_ + "." + name(argument);
        imported_ = false;
        break;
      case kStoreName:
      case kStoreGlobal:
        store(name(argument));
        break;
      case kStoreFast:
        store(variable(argument));
        break;
      default:
        break;
    }
  }

  void attribute(const std::string& part) {
    if (path_.empty() || path_.size() + part.size() > kMaxPath) {
      flush();
      return;
    }
    path_ += "." + part;
  }

  const CodeObject& code_;
  PythonVersion version_;
  CodeReferences out_;
  std::string path_;
  std::string out_last_;
  std::string module_;
  bool imported_ = false;
  bool ends_statement_ = false;
  std::size_t statement_ = 0;  ///< first path of the current statement
  std::unordered_map<std::string, std::string> aliases_;
};

}  // namespace

CodeReferences references_of(const CodeObject& code, PythonVersion version) {
  if (version >= 207 && version <= 312) return Walker(code, version).run();
  CodeReferences out;
  for (const std::string& name : code.names) {
    if (out.paths.size() < kMaxPaths)
      out.paths.push_back({name, false});
    else
      out.cut = true;
  }
  return out;
}

}  // namespace saiph::formats
