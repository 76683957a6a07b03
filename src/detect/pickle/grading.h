// PickleGrading: events of the interpreter in, graded findings out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "detect/contract/inspection.h"
#include "detect/pickle/policy.h"
#include "formats/pickle/walk.h"

namespace saiph::detect {

/// Collects every distinct (name, statement) of one artefact with its count and states it once, in
/// finish(). Memory: bounded by PickleNames and kMostStatements. One thread; the inspection
/// outlives it.
class PickleGrading final : public formats::PickleFileObserver {
 public:
  explicit PickleGrading(Inspection& inspection) : inspection_(inspection) {}

  formats::PickleTraits on_new_name(const formats::PickleName& name) override;
  void on_import(const formats::PickleMachine& machine, formats::PickleValue global,
                 std::uint64_t offset) override;
  void on_call(const formats::PickleMachine& machine, const formats::PickleCall& call) override;
  void on_build(const formats::PickleMachine& machine, formats::PickleValue target,
                formats::PickleValue state, std::uint64_t offset) override;
  void on_store(const formats::PickleMachine& machine, formats::PickleValue target,
                std::span<const formats::PickleValue> items, std::uint64_t offset) override;
  void on_object_store(const formats::PickleMachine& machine, formats::PickleValue target,
                       std::uint64_t offset) override;
  void on_foreign_persistent_id(const formats::PickleMachine& machine, formats::PickleValue id,
                                std::uint64_t offset) override;
  void on_extension(std::uint64_t code, bool resolved, std::uint64_t offset) override;
  void on_nested(std::uint64_t payload, std::uint64_t length, bool text) override;
  void on_data(std::uint64_t offset, std::uint64_t length) override;
  void on_oddity(formats::PickleOddity oddity, std::uint64_t offset) override;
  void on_stream_begin(std::uint64_t offset, formats::PicklePlace place,
                       formats::PickleFrames frames) override;
  void on_stream_end(const formats::PickleMachine& machine,
                     const formats::PickleOutcome& outcome) override;

  /// States what was collected. Once, after the walk.
  void finish();
  /// True when any stream called or imported something that is not inert.
  bool acted() const { return calls_ != 0; }
  std::uint64_t calls() const { return calls_; }

 private:
  struct Statement {
    const Rule* rule = nullptr;
    std::uint32_t name = formats::PickleValue::kNoName;
    std::uint64_t count = 0;
    std::uint64_t offset = 0;
    std::string detail;
    std::string excerpt;
    std::string_view references;
  };
  struct NameState {
    NameJudgement judgement;
    std::string text;
    std::uint64_t imports = 0;
    std::uint64_t first_import = 0;
    bool stated = false;
    /// The latest statement about it, so that the millionth object costs no search.
    std::uint32_t last_statement = UINT32_MAX;
  };
  static constexpr std::size_t kMostPerRule = 256;

  void state(const Rule& rule, std::uint32_t name, std::uint64_t offset, std::string_view verb,
             const formats::PickleMachine* machine, formats::PickleValue evidence);
  void state_name(const formats::PickleMachine& machine, std::uint32_t name, bool called,
                  std::string_view verb, std::uint64_t offset, formats::PickleValue evidence);
  void judge_rebuilt(const formats::PickleMachine& machine, const formats::PickleCall& call,
                     std::uint32_t name, bool plainly);
  bool judge_arguments(const formats::PickleMachine& machine, const formats::PickleCall& call,
                       std::uint32_t callee, formats::PickleValue skip);
  bool is_made_by_number(const formats::PickleMachine& machine,
                         const formats::PickleCall& call) const;
  bool make_distribution(const formats::PickleMachine& machine, const formats::PickleCall& call,
                         std::uint32_t name);
  template <typename Visit>
  void each_name(const formats::PickleMachine& machine, formats::PickleValue value, Visit visit);
  void open_nested();
  void open_bytes(formats::PickleValue bytes);
  void member(std::uint64_t payload, std::uint64_t length, bool text, std::string role);

  Inspection& inspection_;
  std::vector<NameState> names_;
  std::vector<Statement> statements_;
  std::uint64_t dropped_ = 0;
  std::uint64_t calls_ = 0;
  /// Distributions that were made and wait for a state of the known form; see distribution.h.
  struct Distribution {
    std::uint32_t name;
    std::uint64_t offset;
  };
  std::vector<Distribution> unstated_distributions_;
  /// Values that may hold streams; a call that loads one as an artefact claims it.
  struct Nested {
    std::uint64_t payload;
    std::uint64_t length;
    bool text;
    bool claimed;
  };
  std::vector<Nested> nested_;
  std::uint64_t opened_ = 0;
  /// Where data begins that is a file of its own and was handed on.
  std::vector<std::uint64_t> files_;
  bool too_deep_ = false;
  bool too_many_names_ = false;
};

}  // namespace saiph::detect
