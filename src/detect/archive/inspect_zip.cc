#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "codec/decompress/crc32.h"
#include "codec/zip/zip.h"
#include "detect/archive/inspect_archive.h"
#include "detect/archive/member_names.h"
#include "detect/archive/payload_member.h"
#include "detect/payload/payload.h"
#include "detect/rules/archive.h"
#include "detect/torch/torch_layout.h"

namespace saiph::detect {

namespace {

using codec::ZipArchive;
using codec::ZipDiscrepancy;
using codec::ZipEntry;
using codec::ZipGap;
using codec::ZipIssue;
using codec::ZipOrigin;

constexpr std::uint16_t kLockFlags = codec::kZipEncrypted | codec::kZipPatched |
                                     codec::kZipStrongEncryption | codec::kZipMaskedHeaders;
// Data that claims to be encrypted is tested against its checksum up to this size.
constexpr std::uint64_t kLockTestBytes = 64U << 20;
// A gap of a few bytes carries nothing that loads; ordinary line ends and padding stay quiet.
constexpr std::uint64_t kSmallGap = 4;

class ZipInspector {
 public:
  ZipInspector(Inspection& inspection, ZipArchive archive)
      : inspection_(inspection),
        archive_(std::move(archive)),
        layout_(torch_layout(archive_, inspection.source_ptr(), inspection.budget())) {}

  void run() {
    state_discrepancies();
    state_short_storages();
    for (std::uint32_t i = 0; i < archive_.entries.size(); ++i) {
      if (!inspection_.budget().take_work(16)) break;
      look_at(i);
    }
    // The other reading of members whose two headers describe different payloads.
    for (const codec::ZipLocalView& view : archive_.local_views) {
      const ZipEntry& entry = archive_.entries[view.entry];
      submit_zip_payload(inspection_, std::string(archive_.name(entry)) + " (by its local header)",
                         entry.data_offset, view.facts, {}, false);
    }
    for (const ZipGap& gap : archive_.gaps) look_at_gap(gap);
    if (inspection_.budget().exhausted())
      inspection_.incomplete("limit", inspection_.budget().reason());
  }

 private:
  std::string part_of(const ZipDiscrepancy& d) const {
    return d.entry == ZipDiscrepancy::kNoEntry
               ? std::string()
               : std::string(archive_.name(archive_.entries[d.entry]));
  }

  void state(const Rule& rule, const ZipDiscrepancy& d, std::string detail,
             std::optional<Severity> severity = std::nullopt) {
    if (!d.text.empty()) detail += ": " + d.text;
    inspection_.finding(rule, {.severity = severity,
                               .offset = d.offset,
                               .part = part_of(d),
                               .detail = std::move(detail)});
  }

  void state_discrepancies() {
    for (const ZipDiscrepancy& d : archive_.discrepancies) {
      switch (d.issue) {
        case ZipIssue::kNameDiffers:
          state(rules::kArchiveViewsDisagree, d, "local header has another name");
          break;
        case ZipIssue::kMethodDiffers:
          state(rules::kArchiveViewsDisagree, d, "compression methods differ");
          break;
        case ZipIssue::kSizeDiffers:
          state(rules::kArchiveViewsDisagree, d, "sizes differ");
          break;
        case ZipIssue::kStoredSizes:
          state(rules::kArchiveViewsDisagree, d, "sizes of a stored member differ");
          break;
        case ZipIssue::kFlagsDiffer:
          state(rules::kArchiveViewsDisagree, d, "flags differ", flags_severity(d));
          break;
        case ZipIssue::kCrcDiffers:
          state(rules::kArchiveViewsDisagree, d, "checksums differ", Severity::kMedium);
          break;
        case ZipIssue::kDescriptorDiffers:
          state(rules::kArchiveViewsDisagree, d, "data descriptor", Severity::kMedium);
          break;
        case ZipIssue::kLocalHeaderMissing:
          state(rules::kArchiveViewsDisagree, d,
                "the directory lists a member that is not where it points");
          inspection_.incomplete("malformed", "member has no local header: " + part_of(d),
                                 d.offset);
          break;
        case ZipIssue::kNotInDirectory:
          // Without any directory every member is such a one: the archive is then merely cut off.
          if (!no_directory())
            state(rules::kArchiveHiddenMember, d, "no directory lists this member");
          break;
        case ZipIssue::kOnlyInOtherDirectory:
          state(rules::kArchiveHiddenMember, d, "only another directory lists this member");
          break;
        case ZipIssue::kDuplicateName:
          state(rules::kArchiveDuplicateMember, d, "the name occurs more than once");
          break;
        case ZipIssue::kOverlap:
          state(rules::kArchiveOverlappingMembers, d, "shares bytes with the member before");
          break;
        case ZipIssue::kDirectoryCount:
          state(rules::kArchiveAmbiguousDirectory, d, "count or size of the directory is wrong");
          break;
        case ZipIssue::kDirectoryOffset:
          // Bytes in front of an archive shift it; the gap itself is stated where it is found.
          state(rules::kArchiveAmbiguousDirectory, d,
                "the directory is not where the end record says", Severity::kMedium);
          break;
        case ZipIssue::kSeveralEndRecords:
          state(rules::kArchiveAmbiguousDirectory, d, "another end record stands before the last");
          break;
        case ZipIssue::kZip64Differs:
          state(rules::kArchiveAmbiguousDirectory, d, "ZIP64");
          break;
        case ZipIssue::kNameOddity:
          state(rules::kArchiveOddName, d, "ambiguous name");
          break;
        case ZipIssue::kMultiDisk:
          inspection_.incomplete("unsupported", "one part of an archive split over several files",
                                 d.offset);
          break;
        case ZipIssue::kBrokenDirectory:
          inspection_.incomplete("malformed", "broken entry in the central directory", d.offset);
          break;
        case ZipIssue::kNoDirectory:
          inspection_.incomplete("truncated", "truncated archive: it has no central directory",
                                 d.offset);
          break;
        case ZipIssue::kLimit:
          inspection_.incomplete("limit", d.text, d.offset);
          break;
      }
    }
    if (archive_.discrepancies_dropped != 0 || archive_.gaps_dropped != 0) {
      inspection_.incomplete("limit", "more than 4096 discrepancies; the others were not kept");
    }
  }

  void state_short_storages() {
    for (const TorchLayout::ShortStorage& s : layout_.short_storages) {
      const ZipEntry& entry = archive_.entries[s.entry];
      inspection_.finding(rules::kTorchStorageSize,
                          {.offset = entry.data_offset,
                           .part = std::string(archive_.name(entry)),
                           .detail = "the pickle claims " + std::to_string(s.claimed) +
                                     " bytes, the member has " + std::to_string(entry.facts.size)});
    }
  }

  bool no_directory() const {
    return std::any_of(archive_.discrepancies.begin(), archive_.discrepancies.end(),
                       [](const ZipDiscrepancy& d) { return d.issue == ZipIssue::kNoDirectory; });
  }

  // A descriptor bit in only one header is sloppiness; an encryption bit in only one is a trick.
  Severity flags_severity(const ZipDiscrepancy& d) const {
    return (archive_.entries[d.entry].facts.flags & kLockFlags) != 0 ||
                   d.text.find("local header 0") == std::string::npos
               ? Severity::kHigh
               : Severity::kLow;
  }

  void look_at(std::uint32_t index) {
    const ZipEntry& entry = archive_.entries[index];
    const std::string_view name = archive_.name(entry);
    if (leaves_folder(name)) {
      inspection_.finding(rules::kArchivePathTraversal, {.offset = entry.header_offset,
                                                         .part = std::string(name),
                                                         .detail = "the name leaves the folder"});
    }
    if (!entry.local_readable) return;  // stated as a discrepancy
    if (entry.facts.compressed == 0 && name.ends_with('/')) return;
    if (entry.symlink) look_at_link(entry);
    const bool storage = layout_.is_storage(index);
    if ((entry.facts.flags & kLockFlags) != 0) {
      look_at_locked(entry);
      return;
    }
    const bool stored = entry.facts.method == 0;
    if (stored &&
        entry.data_offset + std::min(entry.facts.compressed, inspection_.source().size()) >
            inspection_.source().size()) {
      inspection_.incomplete("truncated", "truncated member: " + std::string(name),
                             entry.data_offset);
    }
    const bool verify = inspection_.full() && entry.origin != ZipOrigin::kLocalOnly;
    if (stored && verify) verify_stored(entry);
    if (storage && stored) {
      sniff_storage(entry);
      return;
    }
    submit_zip_payload(inspection_, std::string(name), entry.data_offset, entry.facts,
                       role_of(name, storage), verify);
    // A reader that believes the other size of a stored member reads further.
    if (stored && entry.facts.size > entry.facts.compressed) {
      submit_range(inspection_, std::string(name) + " (by its other size)", entry.data_offset,
                   entry.facts.size);
    }
  }

  std::string role_of(std::string_view name, bool storage) const {
    if (storage) return "torch-storage";
    const std::string_view role = layout_.role_of(name);
    if (!role.empty()) return std::string(role);
    return layout_.is_torch ? "torch-member" : "";
  }

  void verify_stored(const ZipEntry& entry) {
    const auto crc = codec::crc32_of(inspection_.source(), entry.data_offset,
                                     entry.facts.compressed, inspection_.budget());
    if (!crc) {
      inspection_.incomplete(crc.error());
    } else if (*crc != entry.facts.crc) {
      inspection_.finding(rules::kArchiveWrongCrc,
                          {.offset = entry.data_offset,
                           .part = std::string(archive_.name(entry)),
                           .detail = "CRC-32 of the data is not the one in the archive"});
    }
  }

  void sniff_storage(const ZipEntry& entry) {
    inspection_.data_range(entry.data_offset, entry.facts.compressed);
    const auto head = read_range(
        inspection_.source(), entry.data_offset,
        std::min<std::uint64_t>({entry.facts.compressed, 512,
                                 inspection_.source().size() -
                                     std::min(entry.data_offset, inspection_.source().size())}),
        512);
    if (!head) {
      inspection_.incomplete(head.error());
      return;
    }
    const PayloadKind kind = payload_kind(*head, entry.facts.compressed);
    if (kind == PayloadKind::kNone || kind == PayloadKind::kBase64) return;
    inspection_.finding(rules::kTorchStorageIsSomethingElse,
                        {.severity = is_executable(kind) ? Severity::kHigh : Severity::kMedium,
                         .offset = entry.data_offset,
                         .part = std::string(archive_.name(entry)),
                         .detail = "starts like " + std::string(payload_name(kind))});
    submit_range(inspection_, std::string(archive_.name(entry)), entry.data_offset,
                 entry.facts.compressed);
  }

  // Encrypted, patched, or only said to be. The raw bytes are examined in any case: loaders that
  // ignore the flag read them as they are.
  void look_at_locked(const ZipEntry& entry) {
    const std::string name(archive_.name(entry));
    const codec::ZipFacts facts = entry.facts;
    bool plain = false;
    if (facts.compressed <= kLockTestBytes && facts.size <= kLockTestBytes) {
      const auto opened = codec::open_zip_payload(inspection_.source_ptr(), entry.data_offset,
                                                  facts, inspection_.budget());
      if (opened && !opened->error && opened->output->size() == facts.size) {
        const auto crc = codec::crc32_of(*opened->output, 0, facts.size, inspection_.budget());
        plain = crc && *crc == facts.crc && facts.size != 0;
      }
    }
    const bool encrypted =
        (facts.flags & (codec::kZipEncrypted | codec::kZipStrongEncryption)) != 0;
    if (plain) {
      inspection_.finding(rules::kArchiveFlagsHideMember,
                          {.offset = entry.header_offset,
                           .part = name,
                           .detail = "flags " + std::to_string(facts.flags) +
                                     " on data that reads without a password"});
    } else if (encrypted) {
      inspection_.finding(
          rules::kArchiveEncryptedMember,
          {.offset = entry.header_offset, .part = name, .detail = "encrypted, or marked as such"});
      inspection_.incomplete("encrypted", "encrypted member was not examined: " + name,
                             entry.data_offset);
    } else {
      inspection_.incomplete("unsupported", "patched or masked member: " + name, entry.data_offset);
    }
    if (facts.method == 0 || plain) {
      submit_zip_payload(inspection_, name, entry.data_offset, facts, {}, false);
      return;
    }
    // Deflated data under a false flag still inflates to its end; encrypted data fails at once.
    auto opened = codec::open_zip_payload(inspection_.source_ptr(), entry.data_offset, facts,
                                          inspection_.budget());
    if (!opened || opened->output->size() < 16) return;
    inspection_.member(
        {.name = name,
         .open = [output = opened->output]() -> Result<std::shared_ptr<const ByteSource>> {
           return output;
         }});
  }

  void look_at_link(const ZipEntry& entry) {
    constexpr std::uint64_t kLinkBytes = 4096;
    const auto opened = codec::open_zip_payload(inspection_.source_ptr(), entry.data_offset,
                                                entry.facts, inspection_.budget());
    if (!opened) return;
    const auto target =
        read_range(*opened->output, 0, std::min(opened->output->size(), kLinkBytes), kLinkBytes);
    if (!target || !link_leaves_folder(archive_.name(entry), as_text(*target), false)) return;
    inspection_.finding(rules::kArchiveLinkEscapes,
                        {.offset = entry.header_offset,
                         .part = std::string(archive_.name(entry)),
                         .detail = "symbolic link to \"" + std::string(as_text(*target)) + "\""});
  }

  void look_at_gap(const ZipGap& gap) {
    // Entries without a directory come last, in the order of their offsets.
    const auto first =
        std::partition_point(archive_.entries.begin(), archive_.entries.end(),
                             [](const ZipEntry& e) { return e.origin != ZipOrigin::kLocalOnly; });
    const auto hidden = std::partition_point(first, archive_.entries.end(), [&](const ZipEntry& e) {
      return e.header_offset < gap.offset;
    });
    const bool holds_members =
        hidden != archive_.entries.end() && hidden->header_offset - gap.offset < gap.length;
    if (holds_members) return;  // stated and examined as members
    if (gap.place == ZipGap::Place::kComment) {
      submit_range(inspection_, "(archive comment)", gap.offset, gap.length);
      return;
    }
    // What stands in front is also the head of this artefact; if it is a format, its reader runs.
    const bool other_format = inspection_.types().size() > 1;
    if (gap.place == ZipGap::Place::kPrefix && other_format) return;
    const char* place = "between members";
    if (gap.place == ZipGap::Place::kPrefix) place = "before the first member";
    if (gap.place == ZipGap::Place::kBeforeEnd) place = "between directory and end record";
    if (gap.place == ZipGap::Place::kSuffix) place = "behind the end of the archive";
    inspection_.finding(
        rules::kArchiveHiddenData,
        {.severity = gap.length <= kSmallGap ? std::optional(Severity::kLow) : std::nullopt,
         .offset = gap.offset,
         .detail = std::to_string(gap.length) + " bytes " + place});
    if (gap.length > kSmallGap) {
      submit_range(inspection_, "(bytes at " + std::to_string(gap.offset) + ")", gap.offset,
                   gap.length);
    }
  }

  Inspection& inspection_;
  ZipArchive archive_;
  TorchLayout layout_;
};

}  // namespace

void inspect_zip(Inspection& inspection) {
  auto archive = codec::read_zip(inspection.source(), inspection.budget());
  if (!archive) {
    inspection.incomplete(archive.error());
    return;
  }
  ZipInspector(inspection, std::move(*archive)).run();
}

}  // namespace saiph::detect
