#include "detect/pickle/render.h"

#include "base/escape.h"

namespace saiph::detect {

using formats::PickleKind;
using formats::PickleMachine;
using formats::PickleValue;

namespace {

constexpr std::size_t kMostBytes = 160;

std::string render_leaf(const PickleMachine& machine, PickleValue value) {
  switch (value.kind()) {
    case PickleKind::kNone:
      return "None";
    case PickleKind::kBool:
      return value.payload() != 0 ? "True" : "False";
    case PickleKind::kInteger:
      return std::to_string(value.as_integer());
    case PickleKind::kString:
    case PickleKind::kBytes:
    case PickleKind::kComputed: {
      const auto text = machine.text(value, 120);
      const std::string quoted = text ? "'" + shorten(*text, 100) + "'" : "'...'";
      return value.is(PickleKind::kBytes) ? "b" + quoted : quoted;
    }
    case PickleKind::kGlobal:
      return machine.name(value) != nullptr ? render_name(*machine.name(value)) : "...";
    case PickleKind::kObject: {
      const auto* name = machine.name(value);
      return name != nullptr ? render_name(*name) + "(...)" : "...";
    }
    case PickleKind::kList:
      return "[...]";
    case PickleKind::kDict:
      return "{...}";
    default:
      return "...";
  }
}

}  // namespace

std::string render_name(const formats::PickleName& name) {
  std::string text = name.module;
  if (!name.name.empty()) {
    if (!text.empty()) text += '.';
    text += name.name;
  }
  return shorten(text, 200);
}

std::string render_value(const PickleMachine& machine, PickleValue value) {
  if (!value.is(PickleKind::kTuple)) return render_leaf(machine, value);
  std::string text = "(";
  const auto elements = machine.elements(value);
  for (const PickleValue element : elements) {
    if (text.size() > 1) text += ", ";
    if (element.is(PickleKind::kTuple)) {
      text += '(';
      for (const PickleValue inner : machine.elements(element)) {
        if (text.back() != '(') text += ", ";
        text += render_leaf(machine, inner);
        if (text.size() > kMostBytes) break;
      }
      text += ')';
    } else {
      text += render_leaf(machine, element);
    }
    if (text.size() > kMostBytes) break;
  }
  if (elements.size() < value.tuple_length()) text += "...";
  return shorten(text + ")", kMostBytes + 40);
}

}  // namespace saiph::detect
