// What the interpreter tells about a stream. It states facts; grading them is a detector's work.
#pragma once

#include <cstdint>
#include <span>

#include "formats/pickle/names.h"
#include "formats/pickle/value.h"

namespace saiph::formats {

class PickleMachine;

enum class PickleCallKind : std::uint8_t {
  kReduce,     ///< callable(*arguments)
  kNewObject,  ///< class.__new__(class, *arguments), also with keywords
  kInstance,   ///< INST and OBJ: a class made, or a function called
};

struct PickleCall {
  PickleCallKind kind = PickleCallKind::kReduce;
  PickleValue callable;
  PickleValue arguments;  ///< a tuple for what picklers write; any value in hostile streams
  PickleValue keywords;   ///< kUnset when the opcode has none
  std::uint64_t offset = 0;
};

/// Things that no pickler writes, or that the interpreter could not follow.
enum class PickleOddity : std::uint8_t {
  kFrameCrossed,     ///< an opcode or operand leaves its frame: unpicklers disagree on what follows
  kFrameOverlap,     ///< a frame begins inside a frame
  kFrameBeyondEnd,   ///< a frame is longer than the file, and yet the stream ends properly
  kMemoOverwritten,  ///< a memo slot got a second value
  kLeftOnStack,      ///< STOP with more than the result on the stack
  kExpansion,        ///< nested repetition that grows exponentially when walked
  kResultDropped,    ///< the result of a call is popped: the call happens for its effect
  kTooDeep,          ///< stack or marks beyond what is kept; the oldest part was forgotten
  kTooManyNames,     ///< more distinct names than are kept
  kUnnamed,          ///< an import whose module or name the interpreter could not compute
};

/// Called in stream order, one thread. Values are valid for the machine that is passed, during the
/// call.
class PickleObserver {
 public:
  virtual ~PickleObserver() = default;
  /// Asked once for each distinct name; the answer suppresses events of inert uses.
  virtual PickleTraits on_new_name(const PickleName& /*name*/) { return {}; }
  /// An import of a name whose traits lack kImport.
  virtual void on_import(const PickleMachine& /*machine*/, PickleValue /*global*/,
                         std::uint64_t /*offset*/) {}
  virtual void on_call(const PickleMachine& /*machine*/, const PickleCall& /*call*/) {}
  /// BUILD whose target is not a plain object, or whose target or state is tainted.
  virtual void on_build(const PickleMachine& /*machine*/, PickleValue /*target*/,
                        PickleValue /*state*/, std::uint64_t /*offset*/) {}
  /// SETITEM(S), APPEND(S), ADDITEMS into something that is no fresh container.
  virtual void on_store(const PickleMachine& /*machine*/, PickleValue /*target*/,
                        std::span<const PickleValue> /*items*/, std::uint64_t /*offset*/) {}
  /// The same into the result of a call, as dictionaries of a class of their own are filled, or
  /// into what the loader gave for a persistent id.
  virtual void on_object_store(const PickleMachine& /*machine*/, PickleValue /*target*/,
                               std::uint64_t /*offset*/) {}
  virtual void on_persistent_id(const PickleMachine& /*machine*/, PickleValue /*id*/,
                                std::uint64_t /*offset*/) {}
  virtual void on_extension(std::uint64_t /*code*/, bool /*resolved*/, std::uint64_t /*offset*/) {}
  /// Bytes or text whose start may be a pickle stream; `payload` is the operand's position.
  virtual void on_nested(std::uint64_t /*payload*/, std::uint64_t /*length*/, bool /*text*/) {}
  /// A large operand or raw array: data, not structure.
  virtual void on_data(std::uint64_t /*offset*/, std::uint64_t /*length*/) {}
  virtual void on_oddity(PickleOddity /*oddity*/, std::uint64_t /*offset*/) {}
};

}  // namespace saiph::formats
