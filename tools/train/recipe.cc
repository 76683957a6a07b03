#include "recipe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <utility>

#include "grammar.h"
#include "match/classifier/lexicon.h"
#include "variation.h"

namespace saiph::train {

namespace {

using match::ClassifierHead;
using match::ClassifierHeadModel;
using match::ClassifierWindow;

constexpr std::size_t kFoldAttacks = 100;  ///< a source of fewer is pooled with its like
constexpr std::string_view kPool = "pooled";
constexpr std::string_view kOwn = "own";

/// Windows of each head in sentences; 0 is the whole text. The first one takes nearly all of the
/// false positives that are allowed.
constexpr std::array<std::array<std::uint32_t, 3>, match::kClassifierHeadCount> kWindows{
    {{0, 6, 2}, {1, 2, 4}}};
constexpr double kAllowed = 0.01;
constexpr double kAllowedToOthers = 0.001;  ///< each further window's part of it

struct Corpus {
  const std::vector<Text>* texts = nullptr;
  std::vector<Features> features;
  std::vector<int> folds;
  std::vector<std::string> names;

  ClassifierHead head(std::size_t i) const { return match::classifier_head((*texts)[i].channel); }
};

Corpus read_corpus(const std::vector<Text>& texts, std::uint32_t bits) {
  Corpus corpus;
  corpus.texts = &texts;
  std::map<std::string, std::size_t> attacks;
  for (const auto& text : texts) attacks[text.source] += text.attack ? 1 : 0;
  std::map<std::string, int> fold_of;
  for (const auto& [source, number] : attacks) {
    if (number < kFoldAttacks) continue;
    fold_of[source] = static_cast<int>(corpus.names.size());
    corpus.names.push_back(source);
  }
  const int pool = static_cast<int>(corpus.names.size());
  corpus.names.emplace_back(kPool);
  for (const auto& [source, number] : attacks) {
    if (number > 0 && number < kFoldAttacks) fold_of[source] = pool;
  }
  for (const auto& text : texts) {
    corpus.features.push_back(read_features(text.text, bits));
    if (const auto found = fold_of.find(text.source); found != fold_of.end()) {
      corpus.folds.push_back(found->second);
      continue;
    }
    // Texts that begin alike (of one template) stay together.
    std::uint32_t hash = match::kWordHashSeed;
    for (const char c : text.text.substr(0, 40)) {
      hash = match::extend_word_hash(hash, static_cast<std::uint8_t>(c));
    }
    corpus.folds.push_back(static_cast<int>(hash % corpus.names.size()));
  }
  return corpus;
}

std::set<std::string> sources_of(const Corpus& corpus, int fold) {
  std::set<std::string> sources;
  for (std::size_t i = 0; i < corpus.texts->size(); ++i) {
    const auto& text = (*corpus.texts)[i];
    if (text.attack && corpus.folds[i] == fold) sources.insert(text.source);
  }
  return sources;
}

/// The largest raw output among windows of `sentences` (0: all), and where it stands.
double best_window(const ClassifierHeadModel& head, const Features& features,
                   std::uint32_t sentences, std::uint32_t* first) {
  const auto all = static_cast<std::uint32_t>(features.sentences());
  const std::uint32_t width = sentences == 0 ? all : std::min(sentences, all);
  std::vector<std::int64_t> before(all + 1, 0);
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < all; ++i) {
    before[i + 1] = before[i];
    for (; at < features.sentence_ends[i]; ++at) {
      before[i + 1] += head.weights[features.buckets[at]];
    }
  }
  double best = -1e9;
  for (std::uint32_t i = 0; i + width <= all; ++i) {
    const std::size_t begin = i == 0 ? 0 : features.sentence_ends[i - 1];
    const std::size_t count = features.sentence_ends[i + width - 1] - begin;
    const double sum = static_cast<double>(before[i + width] - before[i]) * double{head.step};
    const double logit = match::window_logit(sum, count, double{head.bias});
    if (logit <= best) continue;
    best = logit;
    if (first != nullptr) *first = i;
  }
  return best;
}

/// Collects the examples of one head.
class Kitchen {
 public:
  Kitchen(const Corpus& corpus, int held_out, const Grammar& grammar, const RecipeOptions& options,
          std::mt19937& random)
      : corpus_(&corpus),
        held_out_(held_out),
        grammar_(&grammar),
        options_(&options),
        random_(&random) {}

  ClassifierHeadModel cook(ClassifierHead head) {
    if (head == ClassifierHead::kUser) {
      user_examples();
      return learn(examples_, options_->learner, *random_);
    }
    document_examples();
    const auto first = learn(examples_, options_->learner, *random_);
    carried_examples(first);
    return learn(examples_, options_->learner, *random_);
  }

 private:
  void add(const Features& features, std::uint32_t first, std::uint32_t count, bool attack,
           std::string_view source) {
    examples_.push_back({&features, first, count, attack, source, 1});
  }
  void add_whole(const Features& features, bool attack, std::string_view source) {
    add(features, 0, static_cast<std::uint32_t>(features.sentences()), attack, source);
  }
  void add_made(const std::string& text, bool attack, std::string_view source) {
    made_.push_back(read_features(text, options_->learner.bits));
    add_whole(made_.back(), attack, source);
  }
  bool one_in(std::uint32_t n) { return (*random_)() % n == 0; }
  const std::string& any(const std::vector<std::string>& names) {
    return names[(*random_)() % names.size()];
  }

  /// A user's text counts as a whole.
  void user_examples() {
    std::vector<const std::string*> short_attacks;
    std::vector<const std::string*> short_benign;
    for (std::size_t i = 0; i < corpus_->texts->size(); ++i) {
      const auto& text = (*corpus_->texts)[i];
      if (corpus_->folds[i] == held_out_ || corpus_->head(i) != ClassifierHead::kUser) continue;
      add_whole(corpus_->features[i], text.attack, text.source);
      if (text.text.size() < 4000 && one_in(6)) {
        add_made(with_noise(text.text, *random_), text.attack, text.source);
      }
      if (text.text.size() < 300)
        (text.attack ? short_attacks : short_benign).push_back(&text.text);
    }
    const auto attacks = grammar_->starts("ATTACK_");
    const auto benign = grammar_->starts("BENIGN_");
    for (int i = 0; i < options_->own_texts; ++i) {
      for (const bool attack : {true, false}) {
        auto text = grammar_->expand(any(attack ? attacks : benign), *random_);
        if (one_in(6)) text = with_noise(text, *random_);
        add_made(text, attack, kOwn);
      }
    }
    // An attack between honest sentences is one still.
    if (short_attacks.empty() || short_benign.empty()) return;
    const auto pick = [&](const std::vector<const std::string*>& from) {
      return *from[(*random_)() % from.size()];
    };
    for (int i = 0; i < options_->own_texts / 6; ++i) {
      const auto attack =
          one_in(2) ? pick(short_attacks) : grammar_->expand(any(attacks), *random_);
      add_made(joined({pick(short_benign), attack}, *random_), true, "joined");
      add_made(joined({pick(short_benign), pick(short_benign)}, *random_), false, "joined");
    }
  }

  /// In a document a request of a user is what must not stand there; the sentences of documents
  /// are what may.
  void document_examples() {
    // Their texts bring documents or descriptions of tools of their own.
    static const std::set<std::string, std::less<>> kCarriers{"t0-templates",
                                                              "gpteacher-toolformer"};
    std::vector<std::pair<std::size_t, std::uint32_t>> sentences;
    for (std::size_t i = 0; i < corpus_->texts->size(); ++i) {
      const auto& text = (*corpus_->texts)[i];
      if (corpus_->folds[i] == held_out_) continue;
      const auto& features = corpus_->features[i];
      const auto all = static_cast<std::uint32_t>(features.sentences());
      if (corpus_->head(i) == ClassifierHead::kUser) {
        const std::size_t longest = text.attack ? 500 : 260;
        if (text.text.size() >= longest || kCarriers.contains(text.source)) continue;
        add_whole(features, true, text.source);
        if (one_in(5)) add_made(in_field(text.text, *random_), true, text.source);
        if (one_in(8)) add_made(with_noise(text.text, *random_), true, text.source);
      } else if (!text.attack) {
        for (const std::uint32_t width : {1U, 2U, 4U}) {
          for (std::uint32_t k = 0; k + width <= all; k += width) {
            add(features, k, width, false, text.source);
          }
        }
        if (text.text.size() < 4000 && one_in(8)) {
          add_made(with_noise(text.text, *random_), false, text.source);
        }
      }
    }
    const auto instructions = grammar_->starts("INJECT_");
    const auto data = grammar_->starts("DATA_");
    for (int i = 0; i < options_->own_texts; ++i) {
      for (const bool attack : {true, false}) {
        auto text = grammar_->expand(any(attack ? instructions : data), *random_);
        if (one_in(8)) text = with_noise(text, *random_);
        if (one_in(5)) text = in_field(text, *random_);
        // Beside honest sentences an instruction is one still.
        if (attack && one_in(5)) {
          text = joined({grammar_->expand(any(data), *random_), text}, *random_);
        }
        add_made(text, attack, kOwn);
      }
    }
  }

  /// The instruction within a document that carries one is where a first model sees it best.
  void carried_examples(const ClassifierHeadModel& first) {
    for (std::size_t i = 0; i < corpus_->texts->size(); ++i) {
      const auto& text = (*corpus_->texts)[i];
      if (corpus_->folds[i] == held_out_ || !text.attack ||
          corpus_->head(i) != ClassifierHead::kDocument) {
        continue;
      }
      for (const std::uint32_t width : {1U, 2U}) {
        std::uint32_t at = 0;
        const auto& features = corpus_->features[i];
        if (best_window(first, features, width, &at) < 0) continue;
        add(features, at, std::min(width, static_cast<std::uint32_t>(features.sentences())), true,
            text.source);
      }
    }
  }

  const Corpus* corpus_;
  int held_out_;
  const Grammar* grammar_;
  const RecipeOptions* options_;
  std::mt19937* random_;
  std::deque<Features> made_;
  std::vector<Example> examples_;
};

Result<ClassifierHeadModel> train_head(const Corpus& corpus, ClassifierHead head, int held_out,
                                       const std::string& grammar_text,
                                       const RecipeOptions& options) {
  SAIPH_TRY(const auto grammar, Grammar::parse(grammar_text, sources_of(corpus, held_out)));
  std::mt19937 random(options.seed * 1000 + static_cast<std::uint32_t>(held_out + 1) * 10 +
                      static_cast<std::uint32_t>(head));
  Kitchen kitchen(corpus, held_out, grammar, options, random);
  return kitchen.cook(head);
}

double quantile(std::vector<double> values, double share_above) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(static_cast<double>(values.size()) * (1 - share_above));
  return values[std::min(at, values.size() - 1)];
}

/// Raw outputs of one held-out text for each kind of window.
struct Held {
  std::size_t text = 0;
  int fold = 0;
  std::array<double, 3> logits{};
};

double combined(const ClassifierHeadModel& head, const Held& held) {
  double best = -1e9;
  for (std::size_t w = 0; w < head.windows.size(); ++w) {
    best = std::max(best, held.logits[w] - double{head.windows[w].offset});
  }
  return best;
}

/// Sets windows and calibration by benign texts.
void calibrate(ClassifierHeadModel& head, ClassifierHead which, const std::vector<Held>& benign) {
  const auto& kinds = kWindows[static_cast<std::size_t>(which)];
  std::array<std::vector<double>, 3> logits;
  for (const auto& held : benign) {
    for (std::size_t w = 0; w < kinds.size(); ++w) logits[w].push_back(held.logits[w]);
  }
  const double others = kAllowedToOthers * static_cast<double>(kinds.size() - 1);
  const double threshold = quantile(logits[0], kAllowed - others);
  head.windows.clear();
  for (std::size_t w = 0; w < kinds.size(); ++w) {
    const double offset = w == 0 ? 0 : quantile(logits[w], kAllowedToOthers) - threshold;
    head.windows.push_back({kinds[w], static_cast<float>(offset)});
  }
  std::vector<double> all;
  for (const auto& held : benign) all.push_back(combined(head, held));
  head.knots.clear();
  const auto knot = [&](double logit, double rate) {
    const auto score = static_cast<float>(std::clamp(-std::log10(rate) / 4, 0.0, 1.0));
    auto value = static_cast<float>(logit);
    if (!head.knots.empty()) value = std::max(value, head.knots.back().logit + 1e-3F);
    head.knots.push_back({value, score});
  };
  for (const double rate : {0.999, 0.9, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002}) {
    knot(quantile(all, rate), rate);
  }
  // Beyond what the number of texts can tell, the tail is taken to fall on as it did.
  const double decade = std::max(0.5, quantile(all, 0.002) - quantile(all, 0.02));
  knot(quantile(all, 0.002) + (1.3 * decade), 0.0001);
}

}  // namespace

std::vector<Text> with_derived_documents(std::vector<Text> texts) {
  std::vector<Text> derived;
  std::set<std::string> seen;
  for (const auto& text : texts) {
    if (text.attack || text.kind != "document" ||
        match::classifier_head(text.channel) != ClassifierHead::kUser) {
      continue;
    }
    auto body = document_body(text.text);
    // Many texts ask about one document.
    if (body.size() < 300 || !seen.insert(body.substr(0, 200)).second) continue;
    Text document = text;
    document.text = std::move(body);
    document.kind = "derived";
    document.source += "-bodies";
    document.channel = Channel::kDocument;
    derived.push_back(std::move(document));
  }
  for (auto& document : derived) texts.push_back(std::move(document));
  return texts;
}

Result<FoldResult> train_folds(const std::vector<Text>& texts, const std::string& grammar,
                               const RecipeOptions& options) {
  const Corpus corpus = read_corpus(texts, options.learner.bits);
  FoldResult result;
  for (const auto& name : corpus.names) {
    Fold fold;
    fold.name = name;
    fold.model.bits = options.learner.bits;
    fold.model.trained_on = options.trained_on;
    fold.model.expires_on = options.expires_on;
    result.folds.push_back(std::move(fold));
  }
  for (std::size_t h = 0; h < match::kClassifierHeadCount; ++h) {
    const auto head = static_cast<ClassifierHead>(h);
    std::vector<Held> held;
    for (std::size_t k = 0; k < corpus.names.size(); ++k) {
      SAIPH_TRY(result.folds[k].model.heads[h],
                train_head(corpus, head, static_cast<int>(k), grammar, options));
      for (std::size_t i = 0; i < texts.size(); ++i) {
        if (corpus.folds[i] != static_cast<int>(k) || corpus.head(i) != head) continue;
        Held one{i, static_cast<int>(k), {}};
        for (std::size_t w = 0; w < one.logits.size(); ++w) {
          one.logits[w] = best_window(result.folds[k].model.heads[h], corpus.features[i],
                                      kWindows[h][w], nullptr);
        }
        held.push_back(one);
      }
    }
    for (std::size_t k = 0; k < corpus.names.size(); ++k) {
      auto& model = result.folds[k].model.heads[h];
      std::vector<Held> benign;
      for (const auto& one : held) {
        if (one.fold != static_cast<int>(k) && !texts[one.text].attack) benign.push_back(one);
      }
      calibrate(model, head, benign);
      for (const auto& one : held) {
        if (one.fold != static_cast<int>(k)) continue;
        const double logit = combined(model, one);
        result.scores.push_back({one.text, one.fold, match::calibrated_score(model, logit), logit});
      }
    }
  }
  return result;
}

Result<match::ClassifierModel> train_all(const std::vector<Text>& texts, const std::string& grammar,
                                         const RecipeOptions& options) {
  SAIPH_TRY(const auto folds, train_folds(texts, grammar, options));
  const Corpus corpus = read_corpus(texts, options.learner.bits);
  match::ClassifierModel model;
  model.bits = options.learner.bits;
  model.trained_on = options.trained_on;
  model.expires_on = options.expires_on;
  for (std::size_t h = 0; h < match::kClassifierHeadCount; ++h) {
    const auto head = static_cast<ClassifierHead>(h);
    SAIPH_TRY(model.heads[h], train_head(corpus, head, -1, grammar, options));
    std::vector<Held> benign;
    for (const auto& score : folds.scores) {
      const std::size_t i = score.text;
      if (texts[i].attack || corpus.head(i) != head) continue;
      const auto& seen_by = folds.folds[static_cast<std::size_t>(score.fold)].model.heads[h];
      Held one{i, score.fold, {}};
      for (std::size_t w = 0; w < one.logits.size(); ++w) {
        one.logits[w] = best_window(seen_by, corpus.features[i], kWindows[h][w], nullptr);
      }
      benign.push_back(one);
    }
    calibrate(model.heads[h], head, benign);
  }
  return model;
}

}  // namespace saiph::train
