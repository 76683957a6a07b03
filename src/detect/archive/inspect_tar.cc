#include <string>
#include <utility>
#include <vector>

#include "codec/tar/tar.h"
#include "detect/archive/inspect_archive.h"
#include "detect/archive/member_names.h"
#include "detect/archive/payload_member.h"
#include "detect/rules/archive.h"
#include "detect/torch/torch_layout.h"

namespace saiph::detect {

namespace {

using codec::TarArchive;
using codec::TarEntry;
using codec::TarIssue;
using codec::TarKind;

void state_discrepancies(Inspection& inspection, const TarArchive& archive) {
  for (const codec::TarDiscrepancy& d : archive.discrepancies) {
    const auto state = [&](const Rule& rule, std::string detail) {
      if (!d.text.empty()) detail += ": " + d.text;
      inspection.finding(rule, {.offset = d.offset, .detail = std::move(detail)});
    };
    switch (d.issue) {
      case TarIssue::kBadHeader:
        inspection.incomplete("malformed",
                              "a header block has a wrong checksum; readers stop or skip here",
                              d.offset);
        break;
      case TarIssue::kTruncated:
        inspection.incomplete("truncated", "truncated archive: a member passes its end", d.offset);
        break;
      case TarIssue::kSizeDiffers:
        state(rules::kArchiveViewsDisagree, "two sizes for one member");
        break;
      case TarIssue::kLinkWithData:
        state(rules::kArchiveViewsDisagree, "a link or folder claims to have data");
        break;
      case TarIssue::kBadNumber:
        inspection.incomplete("malformed", "a size is not a number", d.offset);
        break;
      case TarIssue::kBadExtended:
        inspection.incomplete("malformed", "broken extended header " + d.text, d.offset);
        break;
      case TarIssue::kDataAfterEnd:
        state(rules::kArchiveTrailingData, "bytes behind the end mark");
        break;
      case TarIssue::kNoEnd:
        break;  // many writers of streams leave the mark out
      case TarIssue::kSparse:
        inspection.incomplete("unsupported", "a sparse member was examined in its packed form",
                              d.offset);
        break;
      case TarIssue::kNameOddity:
        state(rules::kArchiveOddName, "NUL byte in a name");
        break;
      case TarIssue::kLimit:
        inspection.incomplete("limit", d.text, d.offset);
        break;
    }
  }
  if (archive.discrepancies_dropped != 0) {
    inspection.incomplete("limit", "more than 4096 discrepancies; the others were not kept");
  }
}

}  // namespace

void inspect_tar(Inspection& inspection) {
  const auto read = codec::read_tar(inspection.source(), inspection.budget());
  if (!read) {
    inspection.incomplete(read.error());
    return;
  }
  const TarArchive& archive = *read;
  state_discrepancies(inspection, archive);

  std::vector<std::string_view> names;
  for (const TarEntry& entry : archive.entries) {
    if (names.size() < 64) names.push_back(archive.name(entry));
  }
  const bool torch = is_torch_tar(names);

  bool member_behind_end = false;
  for (const TarEntry& entry : archive.entries) {
    if (!inspection.budget().take_work(16)) break;
    const std::string name(archive.name(entry));
    const auto draft = [&](std::string detail) {
      return FindingDraft{.offset = entry.header_offset, .part = name, .detail = std::move(detail)};
    };
    if (leaves_folder(name))
      inspection.finding(rules::kArchivePathTraversal, draft("the name leaves the folder"));
    if (entry.after_end) {
      inspection.finding(rules::kArchiveHiddenMember,
                         draft("stands behind the end mark or a broken header"));
      member_behind_end = true;
    }
    switch (entry.kind) {
      case TarKind::kHardLink:
      case TarKind::kSymbolicLink: {
        const bool hard = entry.kind == TarKind::kHardLink;
        if (link_leaves_folder(name, archive.link(entry), hard)) {
          inspection.finding(rules::kArchiveLinkEscapes,
                             draft(std::string(hard ? "hard" : "symbolic") + " link to \"" +
                                   std::string(archive.link(entry)) + "\""));
        }
        break;
      }
      case TarKind::kDevice:
      case TarKind::kFifo:
        inspection.finding(rules::kArchiveSpecialFile, draft("a device or pipe"));
        break;
      case TarKind::kDirectory:
        break;
      case TarKind::kFile:
      case TarKind::kSparse: {
        std::string role;
        if (torch && (name == "storages" || name == "tensors")) role = "torch-tar-" + name;
        submit_range(inspection, name, entry.data_offset, entry.size, std::move(role));
        break;
      }
    }
  }
  if (archive.trailing_length != 0 && !member_behind_end) {
    submit_range(inspection, "(bytes at " + std::to_string(archive.trailing_offset) + ")",
                 archive.trailing_offset, archive.trailing_length);
  }
}

}  // namespace saiph::detect
