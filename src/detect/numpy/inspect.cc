#include "detect/numpy/inspect.h"

#include <memory>

#include "base/escape.h"
#include "detect/rules/numpy.h"
#include "formats/numpy/npy.h"

namespace saiph::detect {

using formats::NpyOutcome;

void inspect_npy(Inspection& inspection) {
  const ByteSource& source = inspection.source();
  std::uint64_t at = 0;
  // numpy.save appends: one file may hold many arrays, one behind the other.
  for (std::uint64_t arrays = 0; at < source.size(); ++arrays) {
    if (arrays >= inspection.limits().items || !inspection.budget().take_work(64)) {
      inspection.incomplete("limit", "more arrays than are read", at);
      return;
    }
    const NpyOutcome out = formats::parse_npy(source, at, inspection.budget());
    if (out.kind == NpyOutcome::Kind::kNotThisFormat) {
      if (arrays == 0) {
        inspection.incomplete("malformed", "no npy magic", at);
      } else {
        inspection.finding(
            rules::kNumpyTrailingBytes,
            {.offset = at,
             .detail = std::to_string(source.size() - at) + " bytes behind the last array"});
      }
      return;
    }
    if (out.not_literal) {
      inspection.finding(rules::kNumpyHeaderNotLiteral,
                         {.offset = at,
                          .detail = "the header holds something else than a plain description",
                          .excerpt = shorten(out.header.text, 160)});
    }
    if (out.error) {
      inspection.incomplete(*out.error);
      return;
    }
    if (out.header.has_objects) {
      inspection.finding(rules::kNumpyObjectArray, {.offset = at,
                                                    .detail = "the array's data is a pickle",
                                                    .excerpt = shorten(out.header.text, 160)});
      const std::uint64_t data = out.header.data_offset;
      MemberDraft member;
      member.name = "objects@" + std::to_string(data);
      member.role = "as:pickle";
      member.open = [parent = inspection.source_ptr(),
                     data]() -> Result<std::shared_ptr<const ByteSource>> {
        return std::shared_ptr<const ByteSource>(
            std::make_shared<const SubSource>(parent, data, parent->size() - data));
      };
      inspection.member(std::move(member));
      return;  // only the pickle says where it ends; what follows it is its inspector's to search
    }
    if (out.header.data_bytes != 0)
      inspection.data_range(out.header.data_offset, out.header.data_bytes);
    at = out.header.data_offset + out.header.data_bytes;
  }
}

}  // namespace saiph::detect
