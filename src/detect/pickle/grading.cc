#include "detect/pickle/grading.h"

#include <algorithm>
#include <memory>

#include "base/escape.h"
#include "detect/pickle/distribution.h"
#include "detect/pickle/render.h"
#include "detect/pickle/shapes.h"
#include "detect/rules/pickle.h"
#include "formats/pickle/walk.h"

namespace saiph::detect {

using formats::PickleCall;
using formats::PickleCallKind;
using formats::PickleKind;
using formats::PickleMachine;
using formats::PickleName;
using formats::PickleOddity;
using formats::PickleTraits;
using formats::PickleValue;

namespace {

/// What a loader cannot call: the stream breaks there, nothing happens.
bool is_plain_data(PickleValue value) {
  switch (value.kind()) {
    case PickleKind::kNone:
    case PickleKind::kBool:
    case PickleKind::kInteger:
    case PickleKind::kBigInteger:
    case PickleKind::kFloat:
    case PickleKind::kString:
    case PickleKind::kBytes:
    case PickleKind::kTuple:
    case PickleKind::kList:
    case PickleKind::kDict:
    case PickleKind::kSet:
    case PickleKind::kBuffer:
      return true;
    default:
      return false;
  }
}

std::vector<std::string> split_references(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const auto comma = list.find(',');
    out.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return out;
}

}  // namespace

PickleTraits PickleGrading::on_new_name(const PickleName& name) {
  NameState state;
  state.judgement = judge_pickle_name(name, inspection_.trust());
  // May be referred to, but making one hands program text to it: every call and state must be seen.
  if (is_distribution_class(name)) {
    state.judgement = {};
    state.judgement.grade = NameGrade::kFramework;
  }
  state.text = render_name(name);
  PickleTraits traits;
  traits.tainted = !state.judgement.harmless();
  if (state.judgement.harmless()) {
    traits.inert = static_cast<std::uint8_t>(state.judgement.uses | PickleTraits::kImport);
    // A reviewed class is no less harmless when it is called with plain arguments by INST or OBJ; a
    // shape rule must see every call.
    if (state.judgement.shape != PickleShape::kNone)
      traits.inert &= PickleTraits::kImport | PickleTraits::kRebuild;
  }
  names_.push_back(std::move(state));
  return traits;
}

void PickleGrading::state(const Rule& rule, std::uint32_t name, std::uint64_t offset,
                          std::string_view verb, const PickleMachine* machine,
                          PickleValue evidence) {
  NameState* about = name < names_.size() ? &names_[name] : nullptr;
  if (about != nullptr) {
    about->stated = true;
    if (about->last_statement < statements_.size()) {
      Statement& last = statements_[about->last_statement];
      if (last.rule == &rule) {
        ++last.count;
        return;
      }
    }
  }
  std::size_t of_rule = 0;
  for (std::size_t i = 0; i < statements_.size(); ++i) {
    if (statements_[i].rule != &rule) continue;
    if (statements_[i].name == name) {
      ++statements_[i].count;
      if (about != nullptr) about->last_statement = static_cast<std::uint32_t>(i);
      return;
    }
    ++of_rule;
  }
  if (of_rule >= kMostPerRule) {
    ++dropped_;
    return;
  }
  Statement statement;
  statement.rule = &rule;
  statement.name = name;
  statement.count = 1;
  statement.offset = offset;
  statement.detail = verb;
  if (about != nullptr) {
    statement.detail += " " + about->text;
    if (!about->judgement.reaches.empty())
      statement.detail += ", which reaches " + shorten(about->judgement.reaches, 120);
    if (!about->judgement.why.empty())
      statement.detail += ": it " + std::string(about->judgement.why);
    statement.references = about->judgement.references;
    about->last_statement = static_cast<std::uint32_t>(statements_.size());
  }
  if (machine != nullptr && !evidence.is(PickleKind::kUnset)) {
    statement.excerpt =
        (about != nullptr ? about->text : std::string()) + render_value(*machine, evidence);
  }
  statements_.push_back(std::move(statement));
}

// A name in a place where it is called, rebuilt or may be called later.
void PickleGrading::state_name(const PickleMachine& machine, std::uint32_t name, bool called,
                               std::string_view verb, std::uint64_t offset, PickleValue evidence) {
  if (name >= names_.size()) return;
  const NameJudgement& judgement = names_[name].judgement;
  const Rule* rule = nullptr;
  switch (judgement.grade) {
    case NameGrade::kTrusted:
      return;
    case NameGrade::kDenied:
      rule = &rules::kPickleDangerousCallable;
      break;
    case NameGrade::kAllowed:
      // Reviewed for other uses than this one.
      rule = called ? &rules::kPickleUnknownStandardName : nullptr;
      break;
    case NameGrade::kStandard:
    case NameGrade::kFramework:
      rule = &rules::kPickleUnknownStandardName;
      break;
    case NameGrade::kThirdParty:
      rule = called ? &rules::kPickleUnknownCall : &rules::kPickleUnreviewedClass;
      break;
  }
  if (rule == nullptr) return;
  if (!judgement.reaches.empty() && judgement.grade != NameGrade::kDenied)
    rule = &rules::kPickleDottedName;
  state(*rule, name, offset, verb, &machine, evidence);
}

void PickleGrading::on_import(const PickleMachine& machine, PickleValue global,
                              std::uint64_t offset) {
  const std::uint32_t name = global.name_id();
  if (name >= names_.size()) return;
  NameState& about = names_[name];
  if (about.imports++ == 0) about.first_import = offset;
  if (!about.judgement.reaches.empty()) {
    state_name(machine, name, true, "imports", offset, {});
    if (about.judgement.grade != NameGrade::kDenied) return;
  }
}

// Visits the names in a value: itself, tuple elements three levels down, items of a fresh
// container.
template <typename Visit>
void PickleGrading::each_name(const PickleMachine& machine, PickleValue value, Visit visit) {
  if (value.is(PickleKind::kGlobal)) {
    visit(value);
    return;
  }
  if (!value.tainted()) return;
  // Explicit stack, bounded work: hostile tuples are wide and deep.
  std::vector<std::pair<PickleValue, int>> open = {{value, 0}};
  for (std::size_t work = 0; !open.empty() && work < 512; ++work) {
    const auto [next, depth] = open.back();
    open.pop_back();
    const auto inner =
        next.is(PickleKind::kTuple) ? machine.elements(next) : machine.recent_items(next);
    for (const PickleValue element : inner) {
      if (!element.tainted()) continue;
      if (element.is(PickleKind::kGlobal)) {
        visit(element);
      } else if (depth < 3 && open.size() < 256) {
        open.emplace_back(element, depth + 1);
      }
    }
  }
}

// Names among the arguments of a call that is harmless in itself. True when something was stated.
bool PickleGrading::judge_arguments(const PickleMachine& machine, const PickleCall& call,
                                    std::uint32_t callee, PickleValue skip) {
  bool any = false;
  const auto visit = [&](PickleValue element) {
    if (element.same(skip) || element.name_id() >= names_.size()) return;
    const NameJudgement& judgement = names_[element.name_id()].judgement;
    if (judgement.harmless()) return;
    any = true;
    const std::string verb =
        "hands to " + (callee < names_.size() ? names_[callee].text : "a call");
    state_name(machine, element.name_id(), judgement.grade != NameGrade::kThirdParty, verb,
               call.offset, call.arguments);
  };
  each_name(machine, call.arguments, visit);
  each_name(machine, call.keywords, visit);
  return any;
}

// A class that a reviewed function makes an instance of. `plainly`: by cls.__new__(cls,
// *arguments), so the class must be reviewed for just that; other functions take classes of their
// own library only.
void PickleGrading::judge_rebuilt(const PickleMachine& machine, const PickleCall& call,
                                  std::uint32_t name, bool plainly) {
  if (name >= names_.size()) return;
  const NameJudgement& judgement = names_[name].judgement;
  if (judgement.harmless()) {
    const bool rebuilds = (judgement.uses & (PickleTraits::kRebuild | PickleTraits::kCall)) != 0;
    if (rebuilds || !plainly || judgement.shape != PickleShape::kNone) return;
  }
  if (make_distribution(machine, call, name)) return;
  state_name(machine, name, judgement.grade == NameGrade::kAllowed, "rebuilds objects of",
             call.offset, call.arguments);
}

void PickleGrading::on_call(const PickleMachine& machine, const PickleCall& call) {
  ++calls_;
  if (!call.callable.is(PickleKind::kGlobal)) {
    if (is_plain_data(call.callable)) return;
    if (call.callable.is(PickleKind::kExtension)) return;  // stated where the code stands
    state(rules::kPickleComputedName,
          call.callable.is(PickleKind::kObject) ? call.callable.name_id() : PickleValue::kNoName,
          call.offset,
          call.callable.is(PickleKind::kObject) ? "calls what comes from"
                                                : "calls a value that cannot be told",
          &machine, call.arguments);
    each_name(machine, call.arguments, [&](PickleValue element) {
      state_name(machine, element.name_id(), true, "hands on", call.offset, call.arguments);
    });
    return;
  }
  const std::uint32_t name = call.callable.name_id();
  if (name >= names_.size()) return;
  const NameJudgement& judgement = names_[name].judgement;
  if (!judgement.harmless()) {
    if (call.kind == PickleCallKind::kNewObject && make_distribution(machine, call, name)) return;
    const bool rebuilt =
        call.kind == PickleCallKind::kNewObject || is_made_by_number(machine, call);
    state_name(machine, name, !rebuilt, rebuilt ? "rebuilds objects of" : "calls", call.offset,
               call.arguments);
    judge_arguments(machine, call, name, {});
    return;
  }
  if (judgement.grade == NameGrade::kTrusted) {
    judge_arguments(machine, call, name, {});
    return;
  }
  // A reviewed name. Its plain uses gave no event unless the arguments are tainted or not a tuple.
  const std::uint8_t uses = judgement.uses;
  bool covered = false;
  switch (call.kind) {
    case PickleCallKind::kReduce:
      covered = (uses & PickleTraits::kCall) != 0;
      break;
    case PickleCallKind::kNewObject:
      covered = (uses & (PickleTraits::kRebuild | PickleTraits::kCall)) != 0;
      break;
    case PickleCallKind::kInstance:
      covered = (uses & PickleTraits::kCall) != 0 ||
                ((uses & PickleTraits::kRebuild) != 0 && call.arguments.tuple_length() == 0);
      break;
  }
  PickleValue subject;
  if (judgement.shape != PickleShape::kNone &&
      (call.kind != PickleCallKind::kNewObject || !covered)) {
    const ShapeVerdict verdict = apply_shape(judgement.shape, machine, call);
    subject = verdict.subject;
    switch (verdict.kind) {
      case ShapeVerdict::Kind::kInert:
        break;
      case ShapeVerdict::Kind::kRebuilds:
        judge_rebuilt(machine, call, subject.name_id(),
                      judgement.shape == PickleShape::kNewobj ||
                          judgement.shape == PickleShape::kReconstructor);
        break;
      case ShapeVerdict::Kind::kUses: {
        const std::uint32_t used = subject.name_id();
        if (used < names_.size() && !names_[used].judgement.harmless()) {
          state_name(machine, used, false, "keeps for a later call", call.offset, call.arguments);
        }
        break;
      }
      case ShapeVerdict::Kind::kBytes:
        open_bytes(subject);
        break;
      case ShapeVerdict::Kind::kOther:
        if (!judge_arguments(machine, call, name, {})) {
          state(rules::kPickleUnknownStandardName, name, call.offset,
                "calls with arguments of an unreviewed form", &machine, call.arguments);
        }
        return;
    }
    covered = true;
  }
  if (!covered) {
    state(rules::kPickleUnknownStandardName, name, call.offset, "calls", &machine, call.arguments);
  } else if (!call.arguments.is(PickleKind::kTuple) && !is_plain_data(call.arguments)) {
    state(rules::kPickleComputedName, name, call.offset, "calls with computed arguments", &machine,
          {});
  }
  judge_arguments(machine, call, name, subject);
}

bool PickleGrading::is_made_by_number(const PickleMachine& machine, const PickleCall& call) const {
  // Enumerations of a user's own project are pickled as a call of the class with the member's
  // value. A whole number carries no command, path or address, and classes are spelt with a
  // capital, so this is graded as a class that is rebuilt: to be reviewed, no alarm.
  const std::uint32_t name = call.callable.name_id();
  if (names_[name].judgement.grade != NameGrade::kThirdParty ||
      call.kind != PickleCallKind::kReduce)
    return false;
  const auto arguments = machine.elements(call.arguments);
  if (!call.arguments.is(PickleKind::kTuple) || call.arguments.tuple_length() != 1 ||
      arguments.size() != 1 || !arguments[0].is(PickleKind::kInteger)) {
    return false;
  }
  const std::string& full = machine.names().at(name).name.name;
  const std::size_t dot = full.rfind('.');
  const char first = full[dot == std::string::npos ? 0 : std::min(dot + 1, full.size() - 1)];
  return first >= 'A' && first <= 'Z';
}

bool PickleGrading::make_distribution(const PickleMachine& machine, const PickleCall& call,
                                      std::uint32_t name) {
  // With a state the argument list of copyreg._reconstructor is (class, object, None).
  const bool plain = call.arguments.is(PickleKind::kTuple) &&
                     !call.keywords.is(PickleKind::kDict) &&
                     (call.arguments.tuple_length() == 0 || call.kind == PickleCallKind::kReduce);
  if (!plain || !is_distribution_class(machine.names().at(name).name) ||
      unstated_distributions_.size() >= kMostPerRule)
    return false;
  unstated_distributions_.push_back({name, call.offset});
  return true;
}

void PickleGrading::on_build(const PickleMachine& machine, PickleValue target,
                             PickleValue state_value, std::uint64_t offset) {
  if (target.is(PickleKind::kObject) && target.name_id() < names_.size()) {
    const auto waits =
        std::find_if(unstated_distributions_.begin(), unstated_distributions_.end(),
                     [&](const Distribution& d) { return d.name == target.name_id(); });
    if (waits != unstated_distributions_.end() &&
        is_known_distribution_state(machine, state_value)) {
      unstated_distributions_.erase(waits);
      return;
    }
    if (is_distribution_class(machine.names().at(target.name_id()).name)) {
      state(rules::kPickleUnknownStandardName, target.name_id(), offset,
            "hands program text of an unknown form to", &machine, state_value);
    }
  }
  if (target.is(PickleKind::kGlobal)) {
    const std::uint32_t name = target.name_id();
    if (name < names_.size() && names_[name].judgement.grade == NameGrade::kDenied) {
      state_name(machine, name, true, "changes", offset, state_value);
    }
    state(rules::kPickleRegistryWrite, name, offset, "sets attributes of", &machine, state_value);
  } else if (target.is(PickleKind::kExtension)) {
    state(rules::kPickleRegistryWrite, PickleValue::kNoName, offset,
          "sets attributes of an extension", &machine, state_value);
  }
  each_name(machine, state_value, [&](PickleValue element) {
    if (element.name_id() < names_.size() &&
        names_[element.name_id()].judgement.grade == NameGrade::kDenied) {
      state_name(machine, element.name_id(), true, "gives an object", offset, state_value);
    }
  });
}

void PickleGrading::on_store(const PickleMachine& machine, PickleValue target,
                             std::span<const PickleValue> items, std::uint64_t offset) {
  const std::uint32_t name =
      target.is(PickleKind::kGlobal) ? target.name_id() : PickleValue::kNoName;
  state(rules::kPickleRegistryWrite, name, offset,
        name == PickleValue::kNoName ? "stores into an extension" : "stores into",
        items.empty() ? nullptr : &machine, items.empty() ? PickleValue() : items.front());
}

void PickleGrading::on_object_store(const PickleMachine& machine, PickleValue target,
                                    std::uint64_t offset) {
  // Dictionaries of a class of their own are filled so; a tensor, a parameter or a storage never.
  std::uint32_t name = PickleValue::kNoName;
  if (target.is(PickleKind::kObject)) {
    name = target.name_id();
    const PickleName* made_by = machine.name(target);
    const bool tensor = made_by != nullptr &&
                        (made_by->module == "torch._utils" || made_by->module == "torch._tensor") &&
                        made_by->name.starts_with("_rebuild_");
    if (!tensor) return;
  }
  state(rules::kPickleTensorItem, name, offset,
        name == PickleValue::kNoName ? "stores an item into what the loader gives for an identifier"
                                     : "stores an item into what is made by",
        nullptr, {});
}

void PickleGrading::on_foreign_persistent_id(const PickleMachine& machine, PickleValue id,
                                             std::uint64_t offset) {
  const auto parts = machine.elements(id);
  if (parts.size() >= 2 && parts[1].is(PickleKind::kGlobal) &&
      machine.text(parts[0], 8) == "module")
    return;
  state(rules::kPicklePersistentId, PickleValue::kNoName, offset, "asks the loader for an object",
        &machine, id);
  each_name(machine, id, [&](PickleValue element) {
    if (element.name_id() < names_.size() &&
        names_[element.name_id()].judgement.grade == NameGrade::kDenied) {
      state_name(machine, element.name_id(), true, "hands to the loader", offset, id);
    }
  });
}

void PickleGrading::on_extension(std::uint64_t code, bool resolved, std::uint64_t offset) {
  state(rules::kPickleExtensionCode, PickleValue::kNoName, offset,
        "imports by extension code " + std::to_string(code) +
            (resolved ? ", registered by this stream" : ""),
        nullptr, {});
}

void PickleGrading::on_oddity(PickleOddity oddity, std::uint64_t offset) {
  const auto say = [&](const Rule& rule, std::string_view text) {
    state(rule, PickleValue::kNoName, offset, text, nullptr, {});
  };
  switch (oddity) {
    case PickleOddity::kFrameCrossed:
      say(rules::kPickleFrameDisagreement, "an opcode or its operand leaves its frame");
      break;
    case PickleOddity::kFrameOverlap:
      say(rules::kPickleFrameDisagreement, "a frame begins inside another");
      break;
    case PickleOddity::kFrameBeyondEnd:
      say(rules::kPickleFrameDisagreement, "a frame is longer than the file");
      break;
    case PickleOddity::kMemoOverwritten:
      say(rules::kPickleMemoConfusion, "a memo slot is written twice");
      break;
    case PickleOddity::kLeftOnStack:
      say(rules::kPickleStackMisuse, "values stay on the stack at STOP");
      break;
    case PickleOddity::kResultDropped:
      say(rules::kPickleStackMisuse, "the result of an unreviewed call is dropped");
      break;
    case PickleOddity::kExpansion:
      say(rules::kPickleExpansion, "containers hold the same container twice over many levels");
      break;
    case PickleOddity::kUnnamed:
      say(rules::kPickleComputedName, "imports a name that cannot be told from the stream");
      break;
    case PickleOddity::kTooDeep:
      too_deep_ = true;
      break;
    case PickleOddity::kTooManyNames:
      too_many_names_ = true;
      break;
  }
}

void PickleGrading::on_stream_begin(std::uint64_t offset, formats::PicklePlace place,
                                    formats::PickleFrames /*frames*/) {
  if (place == formats::PicklePlace::kHidden) {
    state(rules::kPickleHiddenStream, PickleValue::kNoName, offset,
          "a stream begins behind bytes that belong to none", nullptr, {});
  }
}

void PickleGrading::on_stream_end(const PickleMachine& /*machine*/,
                                  const formats::PickleOutcome& /*outcome*/) {}

void PickleGrading::finish() {
  open_nested();
  for (const Distribution& distribution : unstated_distributions_) {
    state(rules::kPickleUnknownStandardName, distribution.name, distribution.offset,
          "rebuilds without a state of the known form objects of", nullptr, {});
  }
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    const NameState& about = names_[i];
    if (about.imports == 0 || about.stated) continue;
    if (about.judgement.grade == NameGrade::kDenied) {
      state(rules::kPickleDangerousImport, i, about.first_import, "imports", nullptr, {});
    } else if (!about.judgement.harmless()) {
      state(rules::kPickleImportOnly, i, about.first_import, "refers to", nullptr, {});
    }
  }
  // The worst first; among equals the first seen.
  std::vector<std::size_t> order(statements_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Severity left = statements_[a].rule->severity;
    const Severity right = statements_[b].rule->severity;
    return left != right ? left > right : a < b;
  });
  for (const std::size_t index : order) {
    Statement& statement = statements_[index];
    FindingDraft draft;
    draft.offset = statement.offset;
    if (statement.name < names_.size()) draft.part = names_[statement.name].text;
    draft.detail = std::move(statement.detail);
    if (statement.count > 1) draft.detail += " (" + std::to_string(statement.count) + " times)";
    draft.excerpt = std::move(statement.excerpt);
    draft.references = split_references(statement.references);
    inspection_.finding(*statement.rule, std::move(draft));
  }
  if (too_deep_) inspection_.incomplete("limit", "the stack of the pickle is deeper than is kept");
  if (too_many_names_)
    inspection_.incomplete("limit", "the pickle imports more distinct names than are kept");
  if (dropped_ != 0) {
    inspection_.incomplete(
        "limit", std::to_string(dropped_) + " further names of the pickle are not listed");
  }
}

}  // namespace saiph::detect
