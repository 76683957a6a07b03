#include "detect/hdf5/inspect_hdf5.h"

#include <algorithm>

#include "base/escape.h"
#include "detect/embedded/embedded.h"
#include "detect/rules/hdf5.h"
#include "formats/hdf5/hdf5.h"

namespace saiph::detect {

namespace {

using formats::Hdf5Problem;

// PyTables and pandas keep Python objects as pickles in attributes; protocol 0 starts with any of a
// few letters and ends with a stop.
bool may_be_pickle(std::string_view value) {
  if (value.size() < 2) return false;
  const auto first = static_cast<unsigned char>(value[0]);
  if (first == 0x80) return true;
  return value.back() == '.' &&
         std::string_view("(cIFSVNXUid]}l").find(value[0]) != std::string_view::npos &&
         value.find('\n') != std::string_view::npos;
}

bool is_json_object(std::string_view value) {
  const std::size_t at = value.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && value[at] == '{';
}

class Statements final : public formats::Hdf5Sink {
 public:
  explicit Statements(Inspection& inspection) : inspection_(inspection), texts_(inspection) {}

  void on_attribute(std::string_view path, std::string_view name, std::string_view value,
                    std::uint64_t offset) override {
    const std::string part = shorten(std::string(path) + "@" + std::string(name), 200);
    const bool configuration = name == "model_config" || name == "training_config";
    if (configuration || is_json_object(value)) {
      texts_.submit(part, as_bytes(value), "as:json", offset);
    } else if (may_be_pickle(value)) {
      texts_.submit(part, as_bytes(value), "as:pickle", offset);
    } else {
      texts_.look(part, value, offset);
    }
  }
  void on_opaque(std::string_view path, std::uint64_t offset, std::uint64_t length) override {
    texts_.submit_range(std::string(path), "hdf5-opaque", offset, length);
  }
  void on_problem(Hdf5Problem problem, std::string_view path, std::uint64_t offset,
                  std::uint64_t amount, std::string_view what) override {
    const auto state = [&](const Rule& rule, std::string detail) {
      inspection_.finding(
          rule, {.offset = offset, .part = std::string(path), .detail = std::move(detail)});
    };
    const std::string name = shorten(what, 200);
    switch (problem) {
      case Hdf5Problem::kExternalLink:
        state(rules::kHdf5ExternalFile, "an external link to \"" + name + "\"");
        break;
      case Hdf5Problem::kExternalStorage:
        state(rules::kHdf5ExternalFile, "raw data in the file \"" + name + "\"");
        break;
      case Hdf5Problem::kVirtualDataset:
        state(rules::kHdf5ExternalFile, "a virtual dataset, composed of other files");
        break;
      case Hdf5Problem::kUserLink:
        state(rules::kHdf5UserLink, "a link of class " + std::to_string(amount));
        break;
      case Hdf5Problem::kUnknownFilter:
        state(rules::kHdf5UnknownFilter,
              "filter " + std::to_string(amount) + (name.empty() ? "" : " \"" + name + "\""));
        break;
      case Hdf5Problem::kSizeOverflow:
        state(rules::kHdf5BadExtent, "the dataset's size overflows 64 bits");
        break;
      case Hdf5Problem::kSizeMismatch:
        state(rules::kHdf5BadExtent,
              "storage is " + std::to_string(amount) + " bytes smaller than the shape needs");
        break;
      case Hdf5Problem::kShapeBomb:
        state(rules::kHdf5ShapeBomb, "the shape needs " + std::to_string(amount) + " bytes");
        break;
      case Hdf5Problem::kOutside:
        state(rules::kHdf5OutsideFile,
              std::to_string(amount) + " bytes of data are not in the file");
        if (!truncated_)
          inspection_.incomplete("truncated", "HDF5 data passes the end of the file", offset);
        truncated_ = true;
        break;
    }
  }
  void on_unread(const Error& error) override { inspection_.incomplete(error); }
  void on_data(std::uint64_t offset, std::uint64_t length) override {
    inspection_.data_range(offset, length);
  }

 private:
  Inspection& inspection_;
  EmbeddedTexts texts_;
  bool truncated_ = false;
};

}  // namespace

void inspect_hdf5(Inspection& inspection) {
  Statements statements(inspection);
  const auto outcome = formats::read_hdf5(inspection.source(), statements, inspection.budget());
  if (outcome.state == formats::ParseState::kNotThisFormat) {
    inspection.incomplete("malformed", "no HDF5 superblock", 0);
  } else if (outcome.error) {
    inspection.incomplete(*outcome.error);
  }
}

}  // namespace saiph::detect
