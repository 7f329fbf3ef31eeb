// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/answer_text.h"

#include "app/gui/bridge/strings.h"
#include "app/workspace/settings.h"

#include <QCoreApplication>
#include <QLocale>
#include <QTextBlock>
#include <QTextCursor>

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

namespace lectern::gui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(lectern::gui::Answer)
};

// Private characters that stand around unsupported sentences while Markdown is laid out.
constexpr char16_t kOpen = 0xE000;
constexpr char16_t kClose = 0xE001;
// Stands before a chip's text: only what bears it is a citation, whatever links a model writes.
constexpr char16_t kChip = 0xE002;

// Words of a document are not Markdown, whatever they contain.
QString escaped(const QString& text) {
  QString result;
  for (const QChar c : text) {
    if (c == QLatin1Char('\n')) {
      result += QLatin1Char(' ');
      continue;
    }
    const bool isMark = c.unicode() < 128 && !c.isLetterOrNumber() && !c.isSpace();
    if (isMark) result += QLatin1Char('\\');
    result += c;
  }
  return result;
}

/// What stands behind a claim, and around a sentence that nothing supports.
struct Marks {
  std::function<QString(int number, const Evidence& evidence)> chip;
  QString open;
  QString close;
};

class MarkdownWriter {
 public:
  MarkdownWriter(const Answer& answer, Marks marks)
      : answer_(answer), evidence_(answer.evidence()), marks_(std::move(marks)) {}

  QString write() {
    int64_t at = 0;
    for (const Claim& claim : answer_.claims) {
      plain(at, claim.span.begin);
      writeClaim(claim);
      at = std::max(at, claim.span.end);
    }
    plain(at, static_cast<int64_t>(answer_.text.size()));
    if (answer_.finished && !answer_.finished->nearest.empty()) writeNearest();
    return markdown_;
  }

 private:
  void plain(int64_t begin, int64_t end) {
    if (end > begin) markdown_ += piece({begin, end});
  }

  QString piece(TextSpan span) const {
    QString text =
        toQt(std::string_view(answer_.text)
                 .substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length())));
    for (const char16_t own : {kOpen, kClose, kChip}) text.remove(QChar(own));
    return text;
  }

  void writeChip() {
    markdown_ += QLatin1Char(' ') + marks_.chip(chips_ + 1, evidence_[static_cast<size_t>(chips_)]);
    ++chips_;
  }

  void writeClaim(const Claim& claim) {
    const bool isQuote = std::ranges::any_of(claim.citations, [](const Citation& citation) {
      return citation.method == CitationMethod::Quote;
    });
    const QString text = piece(claim.span);
    if (claim.grade == Grade::Uncited) {
      markdown_ += marks_.open + text + marks_.close;
    } else if (isQuote) {
      markdown_ += QStringLiteral("“") + escaped(text) + QStringLiteral("”");
    } else {
      markdown_ += text;
    }
    if (claim.grade == Grade::NotFound) return;
    for (size_t i = 0; i < claim.citations.size(); ++i) writeChip();
  }

  void writeNearest() {
    markdown_ += QStringLiteral("\n\n") +
                 Words::tr("The nearest passages, which may say something else:") +
                 QStringLiteral("\n\n");
    for (const NearestPassage& near : answer_.finished->nearest) {
      markdown_ += QStringLiteral("* ") + escaped(toQt(near.citation.quote));
      writeChip();
      markdown_ += QLatin1Char('\n');
    }
  }

  const Answer& answer_;
  std::vector<Evidence> evidence_;
  Marks marks_;
  QString markdown_;
  int chips_ = 0;
};

QString chipLink(int number, const Evidence& evidence) {
  return QStringLiteral("[%1%2](cite:%3)")
      .arg(QChar(kChip), escaped(chipText(number, evidence)).replace(u' ', QChar::Nbsp),
           QString::number(number - 1));  // a chip is never broken over two lines
}

bool isSolid(const QString& chip) {
  return chip.startsWith(QChar(kChip) + QLatin1Char('['));
}

void styleChips(const QPalette& palette, QTextDocument& document) {
  for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
    for (auto part = block.begin(); !part.atEnd(); ++part) {
      const QTextFragment fragment = part.fragment();
      if (!fragment.charFormat().isAnchor()) continue;
      QTextCharFormat format = fragment.charFormat();
      if (!fragment.text().startsWith(QChar(kChip))) {
        format.setAnchor(false);
        format.clearProperty(QTextFormat::AnchorHref);
      }
      format.setFontUnderline(false);
      if (format.isAnchor() && isSolid(fragment.text())) {
        format.setBackground(palette.brush(QPalette::Highlight));
        format.setForeground(palette.brush(QPalette::HighlightedText));
      } else if (format.isAnchor()) {
        format.setForeground(palette.brush(QPalette::Link));
      } else {
        format.clearForeground();
      }
      QTextCursor cursor(&document);
      cursor.setPosition(fragment.position());
      cursor.setPosition(fragment.position() + fragment.length(), QTextCursor::KeepAnchor);
      cursor.setCharFormat(format);
    }
  }
}

void styleUnsupported(const QPalette& palette, QTextDocument& document) {
  QTextCharFormat dotted;
  dotted.setUnderlineStyle(QTextCharFormat::DotLine);
  dotted.setUnderlineColor(palette.color(QPalette::WindowText));
  for (;;) {
    QTextCursor open = document.find(QString(QChar(kOpen)));
    if (open.isNull()) return;
    const int begin = open.selectionStart();
    open.removeSelectedText();
    QTextCursor close = document.find(QString(QChar(kClose)), begin);
    if (close.isNull()) return;
    const int end = close.selectionStart();
    close.removeSelectedText();
    QTextCursor cursor(&document);
    cursor.setPosition(begin);
    cursor.setPosition(end, QTextCursor::KeepAnchor);
    cursor.mergeCharFormat(dotted);
  }
}

}  // namespace

void Answer::take(const AnswerEvent& event) {
  if (const auto* more = std::get_if<Text>(&event)) text += more->utf8;
  if (const auto* cited = std::get_if<Cited>(&event)) claims.push_back(cited->claim);
  if (const auto* progress = std::get_if<Loading>(&event)) loading = *progress;
  if (const auto* progress = std::get_if<Prefilling>(&event)) reading = *progress;
  if (const auto* progress = std::get_if<Thinking>(&event)) thinking = *progress;
  if (const auto* end = std::get_if<Finished>(&event)) finished = *end;
  if (const auto* end = std::get_if<Failed>(&event)) failed = end->error;
}

bool Evidence::isProven() const {
  return (grade == Grade::Verbatim || grade == Grade::Matched) && !nearest &&
         citation.status == CitationStatus::Ok;
}

std::vector<Evidence> Answer::evidence() const {
  std::vector<Evidence> all;
  for (const Claim& claim : claims) {
    if (claim.grade == Grade::NotFound) continue;
    for (const Citation& citation : claim.citations) {
      all.push_back({citation, claim.grade, claim.missing, false});
    }
  }
  if (finished) {
    for (const NearestPassage& near : finished->nearest) {
      all.push_back({near.citation, Grade::Related, {}, true});
    }
  }
  return all;
}

std::vector<Citation> Answer::citations() const {
  std::vector<Citation> all;
  for (Evidence& one : evidence()) all.push_back(std::move(one.citation));
  return all;
}

QString chipText(int number, const Evidence& evidence) {
  const bool proven = evidence.isProven();
  const QString sign = proven                                           ? QStringLiteral("✓")
                       : evidence.citation.status == CitationStatus::Ok ? QStringLiteral("≈")
                                                                        : QStringLiteral("↻");
  const QLocale locale;
  const QString inside =
      Words::tr("%1 %2 p. %3", "number, sign and page of a citation")
          .arg(locale.toString(number), sign, locale.toString(evidence.citation.page));
  return proven ? QLatin1Char('[') + inside + QLatin1Char(']')
                : QLatin1Char('(') + inside + QLatin1Char(')');
}

QString verdictText(const Evidence& evidence) {
  switch (evidence.citation.status) {
    case CitationStatus::Ok:
      break;
    case CitationStatus::Moved:
      return Words::tr("↻ The file has changed since; these words have moved in it.");
    case CitationStatus::Changed:
      return Words::tr("↻ The file has changed since; these words stood in it before.");
    case CitationStatus::Missing:
      return Words::tr("↻ The file is gone; these words stood in it.");
  }
  if (evidence.nearest) return Words::tr("≈ Not an answer: only the nearest passage.");
  if (evidence.grade == Grade::Verbatim) {
    return Words::tr("✓ These words stand in the document.");
  }
  if (evidence.grade == Grade::Matched) {
    return Words::tr("✓ The sentence agrees with this place: its words, numbers and names.");
  }
  if (evidence.missing.empty()) {
    return Words::tr("≈ Not proven: the sentence may come from this place.");
  }
  QStringList missing;
  for (const std::string& word : evidence.missing) missing << isolated(toQt(word));
  return Words::tr("≈ Not proven: the sentence may come from this place, which does not say: %1.")
      .arg(missing.join(Words::tr(", ", "between missing words")));
}

QString quoteWithReference(const Citation& citation, const QString& title) {
  return Words::tr("“%1” (%2, page %3)", "quotation, document and page")
      .arg(toQt(citation.quote).simplified(), isolated(title), QLocale().toString(citation.page));
}

void showAnswer(const Answer& answer, const QPalette& palette, QTextDocument& document) {
  const Marks marks{chipLink, QChar(kOpen), QChar(kClose)};
  document.setMarkdown(MarkdownWriter(answer, marks).write(), QTextDocument::MarkdownNoHTML);
  styleChips(palette, document);
  for (QTextCursor mark = document.find(QString(QChar(kChip))); !mark.isNull();
       mark = document.find(QString(QChar(kChip)))) {
    mark.removeSelectedText();
  }
  styleUnsupported(palette, document);
}

namespace {

// What is going on before the first word.
QString progressText(const Answer& answer) {
  const auto share = [](int64_t done, int64_t total) {
    return QLocale().toString(static_cast<int>(total > 0 ? 100 * done / total : 0));
  };
  const bool readsOn = answer.reading && answer.reading->done < answer.reading->total;
  if (!answer.text.empty() && !readsOn) return Words::tr("Answering …");
  if (answer.thinking) {
    return Words::tr("Thinking, %n token(s) …", nullptr, static_cast<int>(answer.thinking->tokens));
  }
  if (answer.reading) {
    return Words::tr("Reading, %1 % …").arg(share(answer.reading->done, answer.reading->total));
  }
  if (answer.loading) {
    const QString loading = Words::tr("Loading the model, %1 % …")
                                .arg(share(answer.loading->doneBytes, answer.loading->totalBytes));
    const std::string& placement = answer.loading->placement;
    if (placement.empty()) return loading;
    return loading + QLatin1Char(' ') + isolated(toQt(placement));
  }
  return Words::tr("Searching …");
}

QString endText(AnswerEnd end) {
  switch (end) {
    case AnswerEnd::TokenLimit:
      return Words::tr("cut off: it has reached its longest length");
    case AnswerEnd::WindowFull:
      return Words::tr("cut off: the model's window is full");
    case AnswerEnd::Stopped:
      return Words::tr("stopped");
    case AnswerEnd::Whole:
      break;
  }
  return {};
}

}  // namespace

bool Answer::isSection() const {
  return finished && finished->reading.section.number > 0;
}

namespace {

QString sectionHeader(const SectionPlace& section) {
  const QLocale locale;
  const QString first = locale.toString(section.firstPage);
  const QString pages =
      section.firstPage == section.lastPage
          ? Words::tr("page %1").arg(first)
          : Words::tr("pages %1–%2").arg(first, locale.toString(section.lastPage));
  return QStringList{Words::tr("Section %1 of %2")
                         .arg(locale.toString(section.number), locale.toString(section.count)),
                     pages, Words::tr("quotations only, no model")}
      .join(QStringLiteral(" · "));
}

// What is not searched yet, though it was asked about.
QString unfinishedText(const ReadingReport& reading) {
  const QLocale locale;
  const QString read = locale.toString(static_cast<qlonglong>(reading.unfinishedRead));
  const QString pages = locale.toString(static_cast<qlonglong>(reading.unfinishedPages));
  const QString documents =
      Words::tr("%n document(s) not searched yet", nullptr, reading.unfinished);
  const QString far = reading.unfinished == 1 ? Words::tr("read up to page %1 of %2")
                                              : Words::tr("%1 of %2 pages read");
  return Words::tr("%1, %2", "documents, how far they are read")
      .arg(documents, far.arg(read, pages));
}

}  // namespace

QString answerHeader(const Answer& answer) {
  if (answer.failed) return Words::tr("No answer");
  if (!answer.finished) return progressText(answer);
  const ReadingReport& reading = answer.finished->reading;
  if (answer.isSection()) return sectionHeader(reading.section);
  const bool outline = reading.engine == "outline";
  const bool extractive = reading.engine == "extractive" || outline;
  QStringList parts;
  parts << (outline                  ? Words::tr("The central sentences of each section")
            : answer.finished->found ? Words::tr("Answered from your documents")
            : reading.pagesRead > 0  ? Words::tr("Not found in the selected documents")
                                     : Words::tr("Nothing was searched"));
  if (reading.pagesRead > 0) {
    parts << Words::tr("%n document(s) searched", nullptr, reading.documents);
    parts << Words::tr("%n page(s)", nullptr, static_cast<int>(reading.pagesRead));
  }
  if (reading.unfinished > 0) parts << unfinishedText(reading);
  if (reading.pagesUnread > 0) {
    parts << Words::tr("%n page(s) could not be read", nullptr,
                       static_cast<int>(reading.pagesUnread));
  }
  if (!extractive && reading.shortlisted) {
    parts << Words::tr("the model read %n of them", nullptr, static_cast<int>(reading.pagesShown));
  }
  if (reading.tokensKept > 0) {
    const QLocale locale;
    parts << (reading.tokensKept == reading.tokensShown
                  ? Words::tr("read before")
                  : Words::tr("%1 of %2 tokens read before")
                        .arg(locale.toString(static_cast<qlonglong>(reading.tokensKept)),
                             locale.toString(static_cast<qlonglong>(reading.tokensShown))));
  }
  const bool finder = reading.shortlisted && reading.engine == Settings::kFinderEngine;
  parts << (extractive ? Words::tr("quotations only, no model")
            : finder   ? Words::tr("the built-in Finder")
                       : isolated(toQt(reading.engine)));
  if (const QString end = endText(answer.finished->end); !end.isEmpty()) parts << end;
  return parts.join(QStringLiteral(" · "));
}

QString answerWithReferences(const Answer& answer,
                             const std::function<QString(RevisionId)>& titleOf) {
  const auto mark = [](int number, const Evidence& evidence) {
    const QString text = QLocale().toString(number);
    return QLatin1Char('[') + (evidence.isProven() ? text : Words::tr("%1, not proven").arg(text)) +
           QLatin1Char(']');
  };
  const Marks marks{mark, {}, QLatin1Char(' ') + Words::tr("[no source found]")};
  QString text = MarkdownWriter(answer, marks).write().trimmed() + QLatin1Char('\n');
  int number = 0;
  for (const Evidence& evidence : answer.evidence()) {
    const Citation& citation = evidence.citation;
    text += QStringLiteral("\n%1 %2, %3: “%4”\n")
                .arg(mark(++number, evidence), isolated(titleOf(citation.revision)),
                     Words::tr("page %1").arg(QLocale().toString(citation.page)),
                     toQt(citation.quote).simplified());
  }
  return text;
}

}  // namespace lectern::gui
