#include "detect/pickle/shapes.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace saiph::detect {

using formats::PickleKind;
using formats::PickleMachine;
using formats::PickleValue;
using Kind = ShapeVerdict::Kind;

namespace {

// Values that cannot do anything: everything but names, results of calls and what is not known.
bool is_literal(PickleValue value) {
  switch (value.kind()) {
    case PickleKind::kNone:
    case PickleKind::kBool:
    case PickleKind::kInteger:
    case PickleKind::kBigInteger:
    case PickleKind::kFloat:
    case PickleKind::kString:
    case PickleKind::kBytes:
    case PickleKind::kComputed:
    case PickleKind::kBuffer:
    case PickleKind::kDtype:
      return true;
    default:
      return false;
  }
}

bool is_text(PickleValue value) {
  return value.is(PickleKind::kString) || value.is(PickleKind::kBytes) ||
         value.is(PickleKind::kComputed);
}

// How latin-1 is spelt for codecs.encode, in lower case with hyphens.
bool is_latin1(std::string_view encoding) {
  return encoding == "latin1" || encoding == "latin-1" || encoding == "iso-8859-1" ||
         encoding == "iso8859-1" || encoding == "l1";
}

std::string normalised_encoding(std::string encoding) {
  std::transform(encoding.begin(), encoding.end(), encoding.begin(), [](char c) {
    if (c == '_') return '-';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return encoding;
}

// Protocols 0 to 2 have no bytes: Python 3 writes _codecs.encode(text, 'latin1') instead. The text,
// when that is what made the object, else kUnset.
PickleValue latin1_text(const PickleMachine& machine, PickleValue object) {
  const auto origin = machine.origin(object);
  if (origin.size() != 2 || !origin[0].is(PickleKind::kGlobal)) return {};
  const auto* maker = machine.name(origin[0]);
  if (maker == nullptr || maker->module != "_codecs" || maker->name != "encode") return {};
  const auto args = machine.elements(origin[1]);
  if (args.size() != 2 || origin[1].tuple_length() != 2) return {};
  const auto encoding = machine.text(args[1], 32);
  const bool plain =
      args[0].is(PickleKind::kString) && args[0].text_form() == formats::PickleText::kUtf8;
  return plain && encoding && is_latin1(normalised_encoding(*encoding)) ? args[0] : PickleValue();
}

// Lazy modules of PyTorch refer to their own method as a hook until their first use.
bool is_lazy_hook(const PickleMachine& machine, PickleValue object, PickleValue attribute) {
  if (!object.is(PickleKind::kObject) || object.tainted()) return false;
  const auto* made_by = machine.name(object);
  return made_by != nullptr && made_by->module.starts_with("torch.nn.modules.") &&
         made_by->name.starts_with("Lazy") && machine.text(attribute, 32) == "_infer_parameters";
}

ShapeVerdict inert_if(bool harmless) {
  return {harmless ? Kind::kInert : Kind::kOther, {}};
}

// cls and plain arguments: the class is what matters, any other name among them makes it another
// thing.
ShapeVerdict rebuilds_first(std::span<const PickleValue> args) {
  if (args.empty() || !args[0].is(PickleKind::kGlobal)) return {};
  return {Kind::kRebuilds, args[0]};
}

}  // namespace

ShapeVerdict apply_shape(PickleShape shape, const PickleMachine& machine,
                         const formats::PickleCall& call) {
  const auto args = machine.elements(call.arguments);
  const bool whole = call.arguments.is(PickleKind::kTuple) &&
                     args.size() == call.arguments.tuple_length() &&
                     call.keywords.is(PickleKind::kUnset);
  if (!whole) return {};
  const bool rest_untainted =
      args.size() < 2 ||
      std::none_of(
          args.begin() + 1, args.end(),
          [](PickleValue v) { return v.tainted() && v.is(PickleKind::kGlobal); });
  switch (shape) {
    case PickleShape::kReconstructor: {
      // copyreg._reconstructor(cls, base, state): base.__new__(cls, state), base.__init__(obj,
      // state)
      if (args.size() != 3 || !args[1].is(PickleKind::kGlobal) || args[1].tainted()) return {};
      return rebuilds_first(args);
    }
    case PickleShape::kNewobj:
      if (!rest_untainted) return {};
      return rebuilds_first(args);
    case PickleShape::kGetattr: {
      // Enumerations pickle their members this way. The result carries its own dotted name and is
      // judged by it wherever it is used; here it only must not leave the class.
      if (args.size() == 2 && is_lazy_hook(machine, args[0], args[1])) return inert_if(true);
      if (args.size() != 2 || !args[0].is(PickleKind::kGlobal)) return {};
      const auto* owner = machine.name(args[0]);
      const auto attribute = machine.text(args[1], 256);
      if (owner == nullptr || !attribute) return {};
      const std::string full = owner->name + "." + *attribute;
      return inert_if(find_allowed(owner->module, full).has_value() ||
                      (!args[0].tainted() && !attribute->starts_with('_') &&
                       attribute->find('.') == std::string::npos &&
                       !find_denied(owner->module, full)));
    }
    case PickleShape::kPartial:
    case PickleShape::kFactory:
    case PickleShape::kUfunc:
      if (args.empty()) return inert_if(shape == PickleShape::kFactory);
      if (args[0].is(PickleKind::kNone))
        return inert_if(shape == PickleShape::kFactory && rest_untainted);
      // numpy.core._ufunc_reconstruct(module, name) is getattr(import_module(module), name).
      if (shape == PickleShape::kUfunc) {
        const auto module = args.size() == 2 ? machine.text(args[0], 256) : std::nullopt;
        const auto name = args.size() == 2 ? machine.text(args[1], 256) : std::nullopt;
        if (!module || !name) return {};
        return inert_if(find_allowed(*module, *name).has_value() || *module == "scipy.special" ||
                        (*module == "numpy" && !find_denied(*module, *name)) ||
                        *module == "numpy.core._multiarray_umath" ||
                        *module == "numpy._core._multiarray_umath");
      }
      if (!rest_untainted) return {};
      return {args[0].is(PickleKind::kGlobal) ? Kind::kUses : Kind::kOther, args[0]};
    case PickleShape::kEncode: {
      if (args.empty() || args.size() > 3 || !is_text(args[0])) return {};
      if (args.size() == 1) return inert_if(true);
      auto encoding = machine.text(args[1], 32);
      if (!encoding) return {};
      encoding = normalised_encoding(std::move(*encoding));
      return inert_if(is_latin1(*encoding) || *encoding == "utf-8" || *encoding == "utf8" ||
                      *encoding == "ascii" || *encoding == "raw-unicode-escape");
    }
    case PickleShape::kZone:
    case PickleShape::kPath:
    case PickleShape::kRegex:
    case PickleShape::kLogger:
      // Plain text and numbers only: a path is built, not opened; a pattern is compiled, not run.
      return inert_if(std::all_of(args.begin(), args.end(), is_literal));
    case PickleShape::kDtype:
      return inert_if(!args.empty() && std::none_of(args.begin(), args.end(), [](PickleValue v) {
        return v.is(PickleKind::kGlobal) && v.tainted();
      }));
    case PickleShape::kScalar:
      return inert_if(!args.empty() && !args[0].is(PickleKind::kGlobal) && rest_untainted);
    case PickleShape::kNdarray:
    case PickleShape::kUnpickle:
      // _reconstruct(cls, shape, type code), __pyx_unpickle_X(cls, checksum, state), newObj(cls)
      if (args.empty() || !rest_untainted) return {};
      if (!args[0].is(PickleKind::kGlobal)) return {};
      return {Kind::kRebuilds, args[0]};
    case PickleShape::kDtypename:
      return inert_if(args.size() == 1 && is_text(args[0]));
    case PickleShape::kBitgenerator: {
      static constexpr std::string_view kGenerators[] = {"MT19937", "PCG64", "PCG64DXSM", "Philox",
                                                         "SFC64"};
      if (args.empty()) return inert_if(true);
      if (!rest_untainted) return {};
      if (args[0].is(PickleKind::kGlobal)) return {Kind::kRebuilds, args[0]};
      if (args[0].is(PickleKind::kObject)) return inert_if(true);
      const auto name = machine.text(args[0], 32);
      return inert_if(name && std::find(std::begin(kGenerators), std::end(kGenerators), *name) !=
                                  std::end(kGenerators));
    }
    case PickleShape::kFromtype:
      // torch._tensor._rebuild_from_type_v2(func, type, args, state): func must itself be a
      // reviewed reconstruction, so only untainted names pass; the type is rebuilt.
      if (args.size() < 3 || !args[0].is(PickleKind::kGlobal)) return {};
      if ((machine.names().at(args[0].name_id()).traits.inert & formats::PickleTraits::kCall) == 0)
        return {};
      return args[1].is(PickleKind::kGlobal) ? ShapeVerdict{Kind::kRebuilds, args[1]}
                                             : ShapeVerdict{};
    case PickleShape::kLoadbytes:
      if (args.size() != 1) return {};
      if (args[0].is(PickleKind::kBytes)) return {Kind::kBytes, args[0]};
      if (const PickleValue text = latin1_text(machine, args[0]); text.is(PickleKind::kString))
        return {Kind::kBytes, text};
      return {};
    case PickleShape::kNone:
      break;
  }
  return {};
}

}  // namespace saiph::detect
