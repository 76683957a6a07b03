#include <array>
#include <string>
#include <utility>

#include "codec/decompress/decompress.h"
#include "detect/archive/inspect_archive.h"
#include "detect/archive/member_names.h"
#include "detect/archive/payload_member.h"
#include "detect/rules/archive.h"

namespace saiph::detect {

namespace {

// "weights.pkl.gz" holds "weights.pkl"; "weights.tgz" holds "weights.tar".
std::string inner_name(std::string_view name) {
  constexpr std::array kEndings = std::to_array<std::string_view>(
      {".gz", ".bz2", ".xz", ".lzma", ".zst", ".zstd", ".lz4", ".z", ".zlib"});
  for (const std::string_view ending : kEndings) {
    if (name.size() > ending.size() && name.ends_with(ending))
      return std::string(name.substr(0, name.size() - ending.size()));
  }
  for (const std::string_view ending : {".tgz", ".tbz2", ".txz", ".tzst"}) {
    if (name.size() > ending.size() && name.ends_with(ending)) {
      return std::string(name.substr(0, name.size() - ending.size())) + ".tar";
    }
  }
  return std::string(name);
}

// `begin`: where the stream starts, behind what is no part of it.
void inspect_stream(Inspection& inspection, codec::Codec codec, std::uint64_t begin = 0) {
  const SubSource stream(inspection.source_ptr(), begin, inspection.source().size());
  auto result = codec::decompress(codec, stream, inspection.budget());
  if (!result) {
    inspection.incomplete(result.error());
    return;
  }
  state_stream_error(inspection, *result);
  if (result->output->size() != 0) {
    inspection.member(
        {.name = inner_name(inspection.name()),
         .open = [output = result->output]() -> Result<std::shared_ptr<const ByteSource>> {
           return output;
         }});
  }
  const std::uint64_t end = begin + result->consumed;
  const std::uint64_t rest = inspection.source().size() - end;
  if (result->error || rest == 0) return;
  inspection.finding(
      rules::kArchiveTrailingData,
      {.offset = end, .detail = std::to_string(rest) + " bytes behind the compressed data"});
  submit_range(inspection, "(bytes at " + std::to_string(end) + ")", end, rest);
}

}  // namespace

void inspect_gzip(Inspection& inspection) {
  inspect_stream(inspection, codec::Codec::kGzip);
}
void inspect_zlib(Inspection& inspection) {
  std::array<std::uint8_t, 64> head{};
  const auto got = inspection.source().read_at(0, head);
  const std::size_t prefix = got ? codec::joblib_prefix(ByteView(head).first(*got)) : 0;
  inspect_stream(inspection, codec::Codec::kZlib, prefix);
}
void inspect_bzip2(Inspection& inspection) {
  inspect_stream(inspection, codec::Codec::kBzip2);
}
void inspect_xz(Inspection& inspection) {
  inspect_stream(inspection, codec::Codec::kXz);
}
void inspect_lzma(Inspection& inspection) {
  inspect_stream(inspection, codec::Codec::kLzma);
}
void inspect_zstd(Inspection& inspection) {
  inspect_stream(inspection, codec::Codec::kZstd);
}
void inspect_lz4(Inspection& inspection) {
  inspect_stream(inspection, codec::Codec::kLz4);
}

void inspect_opaque(Inspection& inspection) {
  const bool disguised = is_model_name(inspection.name());
  inspection.finding(
      rules::kArchiveOpaqueContainer,
      {.severity = disguised ? std::optional(Severity::kHigh) : std::nullopt,
       .offset = 0,
       .detail = disguised ? "a 7z or RAR archive under a model's name" : "a 7z or RAR archive"});
  inspection.incomplete("unsupported", "members of this container were not examined", std::nullopt);
}

}  // namespace saiph::detect
