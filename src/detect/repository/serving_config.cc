#include <algorithm>
#include <string>
#include <string_view>

#include "base/escape.h"
#include "detect/repository/repository_detector.h"
#include "detect/rules/repository.h"
#include "formats/text_proto/text_fields.h"

namespace saiph::detect {

namespace {

// Triton's ModelConfig, as far as it says what runs.
class Configuration final : public formats::TextFieldHandler {
 public:
  void on_string(std::string_view key, std::string_view value, std::uint64_t offset) override {
    if (key == "backend" || key == "platform") {
      named_ = true;
      if (value != "python") return;
      runs_python_ = true;
      offset_ = offset;
    } else if (key == "default_model_filename") {
      file_ = shorten(value, 160);
      file_offset_ = offset;
    }
  }

  // Without a backend the server takes Python's for a file of Python.
  bool runs_python() const { return runs_python_ || (!named_ && file_.ends_with(".py")); }
  std::string file() const { return file_.empty() ? "model.py" : file_; }
  std::uint64_t offset() const { return runs_python_ ? offset_ : file_offset_; }

 private:
  bool named_ = false;
  bool runs_python_ = false;
  std::string file_;
  std::uint64_t offset_ = 0;
  std::uint64_t file_offset_ = 0;
};

}  // namespace

void inspect_serving_config(Inspection& inspection) {
  if (!inspection.name().ends_with(".pbtxt")) return;
  const auto& types = inspection.types();
  if (std::find(types.begin(), types.end(), formats::FormatId::kTfTextGraph) != types.end()) return;
  Configuration configuration;
  const auto status =
      formats::read_text_fields(inspection.source(), configuration, inspection.budget());
  if (configuration.runs_python()) {
    inspection.finding(rules::kRepositoryServingCode,
                       {.offset = configuration.offset(),
                        .part = "backend",
                        .detail = "Triton's Python backend runs " + configuration.file() +
                                  " of each version folder"});
  }
  if (!status) inspection.incomplete(status.error());
}

}  // namespace saiph::detect
