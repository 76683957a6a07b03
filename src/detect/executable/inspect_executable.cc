#include "detect/executable/inspect_executable.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_source.h"
#include "base/text.h"
#include "detect/rules/executable.h"
#include "formats/executable/executable.h"

namespace saiph::detect {

namespace {

using formats::Executable;
using formats::ExecutableKind;

template <std::size_t N>
bool ends_with_any(std::string_view name, const std::array<std::string_view, N>& endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view e) { return name.ends_with(e); });
}

// Names under which native code is no surprise. No extension at all is how Unix names programs.
bool is_native_name(std::string_view leaf) {
  constexpr std::array kEndings = std::to_array<std::string_view>(
      {".so",    ".dylib",  ".dll", ".pyd", ".exe",       ".o",     ".obj",
       ".ko",    ".node",   ".elf", ".com", ".llamafile", ".cubin", ".fatbin",
       ".hsaco", ".bundle", ".sys", ".efi", ".mexa64",    ".jnilib"});
  const std::string name = ascii_lower(leaf);
  return ends_with_any(name, kEndings) || name.find(".so.") != std::string::npos ||
         name.find('.') == std::string::npos;
}

// Containers that are models rather than software packages.
bool is_model_container(std::string_view path) {
  constexpr std::array kEndings = std::to_array<std::string_view>(
      {".pt", ".pth", ".ptl", ".bin", ".ckpt", ".keras", ".npz", ".mar", ".nemo", ".joblib", ".pkl",
       ".skops", ".mlmodel", ".onnx", ".safetensors", ".gguf"});
  const std::size_t mark = path.rfind('!');
  if (mark == std::string_view::npos) return false;
  std::string_view outer = path.substr(0, mark);
  outer = outer.substr(outer.rfind('!') == std::string_view::npos ? 0 : outer.rfind('!') + 1);
  return ends_with_any(ascii_lower(outer), kEndings);
}

bool stands_in_hidden_place(const Inspection& inspection) {
  return inspection.name().starts_with("(bytes at ") || inspection.role().starts_with("torch");
}

}  // namespace

void inspect_executable(Inspection& inspection) {
  const auto parsed = formats::parse_executable(inspection.source());
  if (parsed.state == formats::ParseState::kNotThisFormat) return;
  const Executable& view = parsed.view;
  const std::string what = std::string(formats::executable_kind_name(view.kind)) +
                           (view.shared ? " library" : " program") +
                           (view.machine.empty() ? "" : " for " + view.machine);
  if (view.kind == ExecutableKind::kPortable) {
    inspection.finding(rules::kExecutableLlamafile,
                       {.offset = 0, .detail = what + " that carries its data inside"});
  } else if (stands_in_hidden_place(inspection) || is_model_container(inspection.path()) ||
             !is_native_name(inspection.name())) {
    inspection.finding(rules::kExecutableDisguised, {.offset = 0, .detail = what});
  } else {
    inspection.finding(rules::kExecutableNative, {.offset = 0, .detail = what});
  }
  if (parsed.state == formats::ParseState::kMalformed) {
    inspection.finding(rules::kExecutableBroken,
                       {.offset = parsed.error->offset(), .detail = parsed.error->message()});
  }
  const std::uint64_t size = inspection.source().size();
  if (view.image_end == 0 || view.image_end >= size || view.kind == ExecutableKind::kPortable)
    return;
  // An archive at the end is also seen as a format of the whole file; anything else only here.
  const auto& types = inspection.types();
  if (std::find(types.begin(), types.end(), formats::FormatId::kZip) != types.end()) return;
  const std::uint64_t begin = view.image_end;
  inspection.member({.name = "(bytes at " + std::to_string(begin) + ")",
                     .open = [source = inspection.source_ptr(), begin,
                              size]() -> Result<std::shared_ptr<const ByteSource>> {
                       return std::shared_ptr<const ByteSource>(
                           std::make_shared<const SubSource>(source, begin, size - begin));
                     }});
}

void inspect_script(Inspection& inspection) {
  constexpr std::array kScriptEndings = std::to_array<std::string_view>(
      {".py",  ".sh",  ".bash", ".zsh",  ".pl",  ".rb",  ".js", ".mjs",  ".ps1",  ".lua", ".r",
       ".awk", ".tcl", ".php",  ".fish", ".pyz", ".pyw", ".in", ".tmpl", ".bats", ".ts",  ".jl"});
  constexpr std::array kOtherKinds = std::to_array<std::string_view>(
      {".pt",          ".pth",   ".bin",    ".ckpt",  ".pkl", ".pickle", ".h5",   ".onnx",
       ".safetensors", ".gguf",  ".npy",    ".npz",   ".png", ".jpg",    ".jpeg", ".gif",
       ".json",        ".model", ".joblib", ".keras", ".pb",  ".tflite"});
  const auto head = read_range(inspection.source(), 0,
                               std::min<std::uint64_t>(inspection.source().size(), 200), 200);
  if (!head) {
    inspection.incomplete(head.error());
    return;
  }
  std::string_view line = as_text(*head);
  line = line.substr(0, line.find_first_of("\r\n"));
  const std::string name = ascii_lower(inspection.name());
  if (ends_with_any(name, kOtherKinds) || stands_in_hidden_place(inspection)) {
    inspection.finding(rules::kExecutableDisguised,
                       {.offset = 0,
                        .detail = "a script where its name or place says otherwise",
                        .excerpt = std::string(line)});
    return;
  }
  const bool expected = ends_with_any(name, kScriptEndings) || name.find('.') == std::string::npos;
  inspection.finding(rules::kExecutableScript,
                     {.severity = expected ? std::optional(Severity::kInfo) : std::nullopt,
                      .offset = 0,
                      .detail = "starts with an interpreter line",
                      .excerpt = std::string(line)});
}

}  // namespace saiph::detect
