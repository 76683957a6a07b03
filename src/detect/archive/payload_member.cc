#include "detect/archive/payload_member.h"

#include <utility>

#include "codec/decompress/crc32.h"
#include "detect/rules/archive.h"

namespace saiph::detect {

namespace {

// What the opener learns and the remark tells. Lives as long as the member's draft.
struct ZipPayload {
  std::shared_ptr<const ByteSource> source;
  std::uint64_t data_offset = 0;
  codec::ZipFacts facts;
  Budget* budget = nullptr;  // the engine's, which outlives every member of the file
  bool verify = false;
  codec::Decompressed result{};  // without its output once opened
  bool size_differs = false;
  std::uint64_t real_size = 0;
  std::uint32_t real_crc = 0;
  bool crc_differs = false;

  Result<std::shared_ptr<const ByteSource>> open() {
    SAIPH_TRY(result, codec::open_zip_payload(source, data_offset, facts, *budget));
    auto output = std::exchange(result.output, nullptr);
    real_size = output->size();
    size_differs = !result.error && real_size != facts.size;
    crc_differs = false;
    if (verify && !result.error) {
      SAIPH_TRY(real_crc, codec::crc32_of(*output, 0, real_size, *budget));
      crc_differs = real_crc != facts.crc;
    }
    return output;
  }

  void tell(Inspection& member) const {
    if (size_differs) {
      member.finding(rules::kArchiveViewsDisagree,
                     {.part = "size",
                      .detail = "the member has " + std::to_string(real_size) +
                                " bytes, the archive says " + std::to_string(facts.size)});
    }
    if (crc_differs) {
      member.finding(rules::kArchiveWrongCrc,
                     {.detail = "CRC-32 of the data is not the one in the archive"});
    }
    state_stream_error(member, result);
  }
};

}  // namespace

void state_stream_error(Inspection& inspection, const codec::Decompressed& result) {
  if (!result.error) return;
  if (result.over_ratio) {
    inspection.finding(rules::kArchiveDecompressionBomb,
                       {.offset = result.error->offset(), .detail = result.error->message()});
  }
  inspection.incomplete(*result.error);
}

void submit_range(Inspection& inspection, std::string name, std::uint64_t offset,
                  std::uint64_t length, std::string role) {
  // Small parts are copied when they are opened: inspectors of memory make no system calls.
  constexpr std::uint64_t kCopied = 256U << 10;
  inspection.member({.name = std::move(name),
                     .open = [source = inspection.source_ptr(), offset,
                              length]() -> Result<std::shared_ptr<const ByteSource>> {
                       auto part = std::make_shared<const SubSource>(source, offset, length);
                       if (part->size() > kCopied || part->contiguous())
                         return std::shared_ptr<const ByteSource>(std::move(part));
                       SAIPH_TRY(auto bytes, read_all(*part, kCopied));
                       return std::shared_ptr<const ByteSource>(
                           std::make_shared<const MemorySource>(std::move(bytes)));
                     },
                     .role = std::move(role)});
}

void submit_zip_payload(Inspection& inspection, std::string name, std::uint64_t data_offset,
                        const codec::ZipFacts& facts, std::string role, bool verify) {
  if (facts.method == 0) {
    submit_range(inspection, std::move(name), data_offset, facts.compressed, std::move(role));
    return;
  }
  auto payload = std::make_shared<ZipPayload>();
  payload->source = inspection.source_ptr();
  payload->data_offset = data_offset;
  payload->facts = facts;
  payload->budget = &inspection.budget();
  payload->verify = verify;
  inspection.member({.name = std::move(name),
                     .open = [payload] { return payload->open(); },
                     .role = std::move(role),
                     .remark = [payload](Inspection& member) { payload->tell(member); }});
}

}  // namespace saiph::detect
