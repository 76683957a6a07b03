// PickleMachine: a total abstract interpreter of pickle streams, protocols 0 to 5.
//
// It follows the loader opcode by opcode (CPython Modules/_pickle.c and Lib/pickle.py) with
// abstract values and stops where the loader would raise. Nothing is imported, called or decoded
// beyond names. One pass, linear time, no recursion, bounded memory: stack and memo of 4 Mi values,
// an arena of 128 Ki recent tuple elements; what is beyond becomes *unknown*, never *harmless*.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "base/limits.h"
#include "formats/pickle/names.h"
#include "formats/pickle/observer.h"
#include "formats/pickle/store.h"
#include "formats/pickle/value.h"

namespace saiph::formats {

enum class PickleEnd : std::uint8_t {
  kStop,        ///< STOP reached: the loader returns
  kBroken,      ///< the loader raises at `offset` for `reason`
  kExhausted,   ///< the budget ended
  kUnreadable,  ///< the medium failed
};

/// How one stream ended, and what it did.
struct PickleOutcome {
  PickleEnd end = PickleEnd::kBroken;
  std::uint64_t offset = 0;   ///< after STOP, or of the opcode that broke
  std::string reason;         ///< empty after STOP
  bool truncated = false;     ///< it broke because the file ends
  std::uint64_t opcodes = 0;  ///< opcodes seen (approximate above 10^9)
  std::uint64_t imports = 0;  ///< names imported
  std::uint64_t calls = 0;    ///< calls and rebuilt objects
  std::uint64_t effects = 0;  ///< persistent ids, extensions, stores and builds into names
  bool frames_disagree =
      false;                  ///< run again with PickleFrames::kBuffered to see the other reading
  bool has_protocol = false;  ///< a PROTO opcode stood first
  PickleValue result;         ///< valid until the next run
};

/// The two readings of frames. Python's own unpickler raises where they differ.
enum class PickleFrames : std::uint8_t {
  kLinear,    ///< frames are ignored, as by pickle.loads in C
  kBuffered,  ///< an operand that leaves its frame starts after the frame (C unpickler over a file)
};

/// One per artefact; `run` for each stream. Owns everything it keeps; source and budget outlive it.
class PickleMachine {
 public:
  PickleMachine(const ByteSource& source, Budget& budget, PickleObserver& observer);

  /// Interprets one stream from `offset` up to `end_limit` (the source's end when larger).
  /// The memo starts empty, names and extension codes stay from earlier runs.
  PickleOutcome run(std::uint64_t offset, PickleFrames frames = PickleFrames::kLinear,
                    std::uint64_t end_limit = UINT64_MAX);

  // What observers ask. Any value that came in an event of the current run.

  /// The text of a string, bytes (as latin-1 text) or computed value; at most `limit` bytes of it.
  /// Nothing for any other kind or when it cannot be read.
  std::optional<std::string> text(PickleValue value, std::size_t limit = 4096) const;
  /// The elements of a tuple that are still kept (the first 4096 at most); empty when forgotten.
  std::span<const PickleValue> elements(PickleValue tuple) const;
  /// The last items put into a list, dict (key, value, ...) or set by one opcode, when few and
  /// fresh.
  std::span<const PickleValue> recent_items(PickleValue container) const;
  /// The (callable, arguments) that made an object, when still kept.
  std::span<const PickleValue> origin(PickleValue object) const;
  const PickleName* name(PickleValue value) const;  ///< of a global or an object
  const PickleNames& names() const { return names_; }
  int protocol() const { return protocol_; }
  const ByteSource& source() const { return *source_; }

 private:
  enum class Step : std::uint8_t { kContinue, kStop, kBroken };
  /// What waits while a stream inside a joblib object array is read.
  struct Context {
    PickleMemo memo;
    std::vector<std::uint32_t> marks;
    std::size_t base = 0;
    int protocol = 0;
  };

  // Input.
  std::uint64_t position() const { return chunk_offset_ + reader_.offset(); }
  bool load(std::uint64_t offset, std::size_t n);
  bool ensure(std::size_t n);
  bool skip_operand(std::uint64_t n, bool linear, std::uint64_t& start);
  bool line(std::uint64_t& start, std::uint64_t& length);
  void note_frame_crossed();
  ByteView view_at(std::uint64_t offset, std::size_t n, Bytes& scratch) const;
  template <typename T>
  bool fixed(T& value);

  // Stack.
  Step loop();
  Step cold(std::uint8_t op);
  Step cold_global(std::uint8_t op);
  Step cold_text(std::uint8_t op);
  bool push(PickleValue value);
  bool pop(PickleValue& value);
  bool make_room();
  bool push_mark();
  /// The values above the last mark, taken off the stack (still readable until the next push).
  bool pop_mark(const PickleValue*& from, std::size_t& n);
  PickleValue make_tuple(const PickleValue* from, std::size_t n);
  void refence();

  // Meaning.
  bool import_name(std::string_view module, std::string_view name, PickleValue& out,
                   std::uint64_t at);
  bool import_values(PickleValue module, PickleValue name, PickleValue& out, std::uint64_t at);
  PickleValue call(PickleCallKind kind, PickleValue callable, PickleValue arguments,
                   PickleValue keywords);
  PickleValue fold(PickleKnown known, PickleValue arguments);
  PickleValue computed(std::string text);
  PickleValue dtype_of(PickleValue arguments) const;
  Step build();
  void store(PickleValue& target, const PickleValue* from, std::size_t n);
  void remember_items(PickleValue container, const PickleValue* from, std::size_t n);
  Step read_joblib_array(PickleValue state);
  bool put(std::uint64_t index);
  Step get(std::uint64_t index);
  void look_inside(std::uint64_t payload, std::uint64_t length, bool text, ByteView head);
  void oddity_once(bool& told, PickleOddity oddity);
  Step underflow();
  Step broken(std::string_view reason);
  Step truncated(std::string_view what);

  const ByteSource* source_;
  Budget* budget_;
  PickleObserver* observer_;
  SourceReader input_;
  std::uint64_t size_;

  // The window holds [window_offset_, + window_.size()); the chunk, a part of it, is what the loop
  // reads: at most kChunk bytes and never past the current frame.
  static constexpr std::size_t kChunk = std::size_t{256} << 10;
  ByteView window_;
  std::uint64_t window_offset_ = 0;
  ByteCursor reader_;
  std::uint64_t chunk_offset_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t frame_end_ = UINT64_MAX;
  PickleFrames frames_ = PickleFrames::kLinear;
  bool out_of_budget_ = false;
  bool medium_failed_ = false;
  bool frame_beyond_end_ = false;

  static constexpr std::size_t kMostStack = std::size_t{1} << 22;
  static constexpr std::size_t kMostMarks = std::size_t{1} << 20;
  PickleSlots stack_{1024, kMostStack};
  PickleValue* sp_ = nullptr;     // one past the top
  PickleValue* fence_ = nullptr;  // the lowest value that may be popped: right above the last mark
  std::size_t base_ = 0;          // where the current stream's stack begins
  std::vector<std::uint32_t> marks_;
  bool forgot_stack_ = false;
  PickleMemo memo_;
  PickleArena arena_;

  PickleNames names_;
  struct CachedName {
    std::uint64_t module = 0;
    std::uint64_t name = 0;
    std::uint32_t id = 0;
    int protocol = -1;
  };
  std::array<CachedName, 256> name_cache_{};
  std::map<std::uint64_t, PickleValue> extensions_;
  std::vector<std::string> computed_;
  std::size_t computed_bytes_ = 0;

  PickleValue items_owner_;
  std::uint64_t items_sequence_ = 0;
  std::size_t items_count_ = 0;
  std::uint64_t last_repeat_ = 0;
  std::uint64_t repeats_ = 0;
  bool told_expansion_ = false;
  bool told_memo_ = false;
  bool told_names_ = false;
  bool told_deep_ = false;

  // Streams inside joblib object arrays: contexts of the outer streams.
  std::vector<Context> contexts_;
  int protocol_ = 0;
  std::uint64_t op_offset_ = 0;
  PickleOutcome outcome_;
};

}  // namespace saiph::formats
