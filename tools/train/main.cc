// saiph_text_train: trains the text model, makes the models that leave one source out, and scores
// texts with either. tools/train/README.md says how it is used.
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "codec/json/json_writer.h"
#include "match/classifier/classifier.h"
#include "recipe.h"

namespace {

using namespace saiph;         // NOLINT(google-build-using-namespace): a program of one file
using namespace saiph::train;  // NOLINT(google-build-using-namespace)

constexpr int kFailed = 2;

int fail(const std::string& what) {
  std::cerr << "saiph_text_train: " << what << "\n";
  return kFailed;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool write_model(const match::ClassifierModel& model, const std::string& path) {
  const auto bytes = match::write_classifier_model(model);
  if (!bytes) {
    std::cerr << bytes.error().describe() << "\n";
    return false;
  }
  std::ofstream out(path, std::ios::binary);
  const auto text = as_text(*bytes);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  return out.good();
}

using Arguments = std::map<std::string, std::string>;

std::string argument(const Arguments& arguments, const std::string& name) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? std::string() : found->second;
}

RecipeOptions recipe(const Arguments& arguments) {
  RecipeOptions options;
  const auto number = [&](const char* name, auto& value) {
    const auto text = argument(arguments, name);
    if (!text.empty()) value = static_cast<std::decay_t<decltype(value)>>(std::stod(text));
  };
  number("--seed", options.seed);
  number("--bits", options.learner.bits);
  number("--epochs", options.learner.epochs);
  number("--rate", options.learner.rate);
  number("--source-power", options.learner.source_power);
  number("--own-weight", options.learner.own_weight);
  number("--own-texts", options.own_texts);
  options.trained_on = argument(arguments, "--date");
  options.expires_on = argument(arguments, "--expires");
  return options;
}

int run_train(const Arguments& arguments, bool folds) {
  const auto texts = read_texts(argument(arguments, "--texts"));
  if (!texts) return fail(texts.error().describe());
  const auto grammar = read_file(argument(arguments, "--grammar"));
  const auto out = argument(arguments, "--out");
  const auto all = with_derived_documents(*texts);
  if (!folds) {
    const auto model = train_all(all, grammar, recipe(arguments));
    if (!model) return fail(model.error().describe());
    return write_model(*model, out) ? 0 : fail("cannot write " + out);
  }
  const auto result = train_folds(all, grammar, recipe(arguments));
  if (!result) return fail(result.error().describe());
  for (const auto& fold : result->folds) {
    if (!write_model(fold.model, out + "/" + fold.name + ".bin"))
      return fail("cannot write " + out);
  }
  std::ofstream scores(out + "/scores.jsonl");
  for (const auto& score : result->scores) {
    const auto& text = all[score.text];
    std::string line;
    codec::JsonWriter json(line);
    json.begin_object();
    json.member("id", text.id);
    json.member("kind", text.kind);
    json.member("source", text.source);
    json.member("channel", name_of(text.channel));
    json.member("label", text.attack ? "attack" : "benign");
    json.member("fold", result->folds[static_cast<std::size_t>(score.fold)].name);
    json.member("score", score.score);
    json.member("logit", score.logit);
    json.end_object();
    scores << line << "\n";
  }
  return scores.good() ? 0 : fail("cannot write " + out);
}

/// Scores the texts of standard input, one JSON object a line; with "--time" how long it took.
int run_score(const Arguments& arguments) {
  const auto path = argument(arguments, "--model");
  const auto file = read_file(path);
  auto model = path.empty() ? Result<match::Classifier>(match::Classifier::embedded())
                            : match::Classifier::load(as_bytes(file));
  if (!model) return fail(model.error().describe());
  std::string line;
  std::size_t bytes = 0;
  std::chrono::nanoseconds spent{0};
  while (std::getline(std::cin, line)) {
    const auto text = read_text(line);
    if (!text) return fail(text.error().describe());
    const auto begin = std::chrono::steady_clock::now();
    const auto result = model->classify(text->text, text->channel);
    spent += std::chrono::steady_clock::now() - begin;
    bytes += text->text.size();
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    json.member("id", text->id);
    json.member("score", result.score);
    json.member("logit", result.logit);
    json.member("begin", result.begin);
    json.member("end", result.end);
    json.end_object();
    std::cout << out << "\n";
  }
  if (arguments.contains("--time")) {
    std::cerr << "us/KB "
              << static_cast<double>(spent.count()) / 1e3 / (static_cast<double>(bytes) / 1024.0)
              << "\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  constexpr const char* kUsage =
      "usage: saiph_text_train train --texts FILE --grammar FILE --out MODEL --date D --expires D\n"
      "       saiph_text_train folds --texts FILE --grammar FILE --out FOLDER --date D --expires "
      "D\n"
      "       saiph_text_train score [--model MODEL] [--time 1] < TEXTS > SCORES";
  if (words.size() % 2 == 0) return fail(kUsage);
  Arguments arguments;
  for (std::size_t i = 1; i + 1 < words.size(); i += 2) arguments[words[i]] = words[i + 1];
  if (words[0] == "train") return run_train(arguments, false);
  if (words[0] == "folds") return run_train(arguments, true);
  if (words[0] == "score") return run_score(arguments);
  return fail(kUsage);
}
