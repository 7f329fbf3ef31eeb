// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/utf8.h"
#include "ingest/helper/document_reader.h"
#include "ingest/helper/pdf/page_assembler.h"
#include "ingest/helper/pdf/password_forms.h"
#include "ingest/helper/pdf/pdf_structure.h"
#include "ingest/helper/pdf/pdf_title.h"

#include <fmt/format.h>
#include <poppler/cpp/poppler-document.h>
#include <poppler/cpp/poppler-global.h>
#include <poppler/cpp/poppler-page-renderer.h>
#include <poppler/cpp/poppler-page.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lectern::helper {

namespace {

constexpr std::string_view kExtractor = "pdf/1";
constexpr uint32_t kWhite = 0xffffffff;

void ignoreMessage(const std::string& /*message*/, void* /*closure*/) {}

std::u32string codePoints(const poppler::ustring& text) {
  std::u32string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t unit = text[i];
    const bool leads = unit >= 0xD800 && unit < 0xDC00 && i + 1 < text.size() &&
                       text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000;
    result.push_back(leads ? 0x10000 + ((unit - 0xD800) << 10) + (text[++i] - 0xDC00U) : unit);
  }
  return result;
}

std::string toUtf8(const poppler::ustring& text) {
  std::string bytes;
  for (const char32_t c : codePoints(text)) utf8::append(bytes, c);
  return bytes;
}

// Exceptions of the libraries end here.
template <class Function>
auto guarded(std::string_view fileName, Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory,
                 fmt::format("{} needs more memory than a document may use. Its other pages may "
                             "still be readable.",
                             fileName)};
  } catch (const std::exception& e) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} cannot be read ({}). Open it in another program and print it to a "
                             "new PDF file.",
                             fileName, e.what())};
  }
}

int quarterTurns(poppler::page::orientation_enum orientation) {
  switch (orientation) {
    case poppler::page::landscape:
      return 1;
    case poppler::page::upside_down:
      return 2;
    case poppler::page::seascape:
      return 3;
    default:
      return 0;
  }
}

class PdfReader : public DocumentReader {
 public:
  /// `bytes` and `password` are what the document was opened with.
  PdfReader(std::unique_ptr<poppler::document> document,
            std::string_view fileName,
            std::string_view bytes,
            std::string password,
            std::string repairedBytes)
      : repairedBytes_(std::move(repairedBytes)),
        document_(std::move(document)),
        fileName_(fileName),
        bytes_(bytes),
        password_(std::move(password)) {}

  DocumentInfo info() override {
    DocumentInfo info;
    info.title = title();
    info.mediaType = "application/pdf";
    info.extractor = kExtractor;
    info.pageCount = pageCount();
    info.outline = structure().outline;
    if (!document_->has_permission(poppler::perm_copy)) {
      info.notices.emplace_back("Its author forbids copying text.");
    }
    if (structure().damaged || !repairedBytes_.empty()) {
      info.notices.emplace_back(
          "The file is damaged and was repaired; pages or words may be missing.");
    }
    return info;
  }

  int pageCount() override { return document_->pages(); }

  Result<Page> readPage(int number) override {
    return guarded(fileName_, [&]() -> Result<Page> {
      const std::unique_ptr<poppler::page> source = TRY(openPage(number));
      Page page;
      page.number = number;
      if (structure().hasPageLabels) page.label = toUtf8(source->label());
      const int turns = quarterTurns(source->orientation());
      page.rotation = turns * 90;
      const PageSize size = sizeOf(*source);
      page.widthPt = size.widthPt;
      page.heightPt = size.heightPt;

      pdf::PageText text = pdf::assemblePage(contentOf(*source, page));
      page.text = std::move(text.text);
      page.runs = std::move(text.runs);
      page.blocks = std::move(text.blocks);
      if (page.text.empty()) {
        page.state = TRY(hasDrawing(*source, page)) ? PageState::ImageOnly : PageState::Blank;
      }
      return page;
    });
  }

  Result<PageSize> pageSize(int number) override {
    return guarded(fileName_, [&]() -> Result<PageSize> { return sizeOf(*TRY(openPage(number))); });
  }

  Result<void> renderPage(int number, int width, int height, std::span<uint32_t> pixels) override {
    return guarded(fileName_, [&]() -> Result<void> {
      const std::unique_ptr<poppler::page> source = TRY(openPage(number));
      return draw(*source, sizeOf(*source), width, height, pixels);
    });
  }

 private:
  // What Poppler does not tell takes long to read in a large file, and drawing does not need it.
  const pdf::PdfStructure& structure() {
    if (!structure_) structure_ = pdf::readStructure(bytes(), password_);
    return *structure_;
  }

  [[nodiscard]] std::string_view bytes() const {
    return repairedBytes_.empty() ? bytes_ : std::string_view(repairedBytes_);
  }

  std::string title() const {
    std::string title = pdf::cleanTitle(toUtf8(document_->get_title()));
    return title.empty() ? pdf::titleOfXmp(toUtf8(document_->metadata())) : title;
  }

  static PageSize sizeOf(const poppler::page& page) {
    const poppler::rectf box = page.page_rect(poppler::crop_box);
    const bool turned = quarterTurns(page.orientation()) % 2 != 0;
    return turned ? PageSize{box.height(), box.width()} : PageSize{box.width(), box.height()};
  }

  Result<std::unique_ptr<poppler::page>> openPage(int number) {
    std::unique_ptr<poppler::page> page(
        number >= 1 && number <= pageCount() ? document_->create_page(number - 1) : nullptr);
    if (page != nullptr) return page;
    return Error{ErrorCode::InputRefused,
                 fmt::format("Page {} of {} cannot be found in the file.", number, fileName_)};
  }

  static pdf::PageContent contentOf(const poppler::page& source, const Page& page) {
    pdf::PageContent content{page.widthPt, page.heightPt, {}};
    for (const poppler::text_box& box : source.text_list(poppler::page::text_list_include_font)) {
      pdf::PlacedWord word;
      word.text = codePoints(box.text());
      word.boxes.reserve(word.text.size());
      for (size_t i = 0; i < word.text.size(); ++i) {
        const poppler::rectf glyph = box.char_bbox(i);
        word.boxes.push_back({glyph.left(), glyph.top(), glyph.right(), glyph.bottom()});
      }
      if (box.has_font_info()) {
        word.font = box.get_font_name();
        word.fontSize = box.get_font_size();
      }
      word.quarterTurns = box.rotation();
      word.spaceAfter = box.has_space_after();
      content.words.push_back(std::move(word));
    }
    return content;
  }

  // Whether anything shows on a page without text, as a small drawing of it tells.
  Result<bool> hasDrawing(const poppler::page& source, const Page& page) const {
    constexpr int kSide = 128;
    std::vector<uint32_t> pixels(size_t{kSide} * kSide);
    TRY(draw(source, {page.widthPt, page.heightPt}, kSide, kSide, pixels));
    return std::any_of(pixels.begin(), pixels.end(), [](uint32_t p) { return p != kWhite; });
  }

  Result<void> draw(const poppler::page& source,
                    PageSize size,
                    int width,
                    int height,
                    std::span<uint32_t> pixels) const {
    std::fill(pixels.begin(), pixels.end(), kWhite);
    if (!(size.widthPt > 0) || !(size.heightPt > 0)) return {};
    poppler::page_renderer renderer;
    renderer.set_render_hints(poppler::page_renderer::antialiasing |
                              poppler::page_renderer::text_antialiasing);
    renderer.set_paper_color(kWhite);
    renderer.set_image_format(poppler::image::format_argb32);
    const poppler::image image = renderer.render_page(
        &source, 72.0 * width / size.widthPt, 72.0 * height / size.heightPt, 0, 0, width, height);
    if (!image.is_valid()) {
      return Error{ErrorCode::InputRefused,
                   fmt::format("A page of {} cannot be drawn.", fileName_)};
    }
    const auto columns = static_cast<size_t>(std::min(width, image.width()));
    for (int y = 0; y < std::min(height, image.height()); ++y) {
      uint32_t* row = pixels.data() + static_cast<size_t>(y) * static_cast<size_t>(width);
      std::memcpy(row, image.const_data() + ptrdiff_t{y} * image.bytes_per_row(),
                  columns * sizeof(uint32_t));
      for (size_t x = 0; x < columns; ++x) row[x] |= 0xff000000;
    }
    return {};
  }

  std::string repairedBytes_;  // what the document reads from; stays in place when it is moved
  std::unique_ptr<poppler::document> document_;
  std::string fileName_;
  std::string_view bytes_;
  std::string password_;
  std::optional<pdf::PdfStructure> structure_;  // once it is asked for
};

// One attempt after the other until a document opens, or it is clear why none does.
class Opener {
 public:
  Opener(std::string_view bytes, std::string_view fileName, std::string_view password)
      : bytes_(bytes), fileName_(fileName), passwords_(pdf::passwordForms(password)) {}

  Result<std::unique_ptr<DocumentReader>> open() {
    if (bytes_.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
      return Error{ErrorCode::InputRefused,
                   fmt::format("{} is larger than 2 GiB. Split it into smaller files.", fileName_)};
    }
    poppler::set_debug_error_function(&ignoreMessage, nullptr);
    if (bytes_.substr(0, kHeaderReach).find("%PDF-") == std::string_view::npos) {
      return refused("it is not a PDF file",
                     "Check that this is the right file and that it was copied whole");
    }
    load(bytes_);
    if (document_ != nullptr && document_->is_locked()) TRY(unlock());
    if (!hasFirstPage()) TRY(repair());
    return std::make_unique<PdfReader>(std::move(document_), fileName_, bytes_,
                                       std::move(password_), std::move(repairedBytes_));
  }

 private:
  static constexpr size_t kHeaderReach = 1024;  // readers look for the header so far

  Error refused(std::string_view cause, std::string_view remedy) const {
    return {ErrorCode::InputRefused,
            fmt::format("{} cannot be read: {}. {}.", fileName_, cause, remedy)};
  }

  Error passwordNeeded() const {
    if (passwords_.empty()) {
      return {ErrorCode::PasswordNeeded,
              fmt::format("{} is encrypted: it opens with its password.", fileName_)};
    }
    return {ErrorCode::PasswordNeeded,
            fmt::format("{} is encrypted, and the password given does not open it.", fileName_)};
  }

  void load(std::string_view bytes) {
    document_.reset(
        poppler::document::load_from_raw_data(bytes.data(), static_cast<int>(bytes.size())));
  }

  bool hasFirstPage() const {
    if (document_ == nullptr || document_->is_locked() || document_->pages() <= 0) return false;
    return std::unique_ptr<poppler::page>(document_->create_page(0)) != nullptr;
  }

  Result<void> unlock() {
    for (const std::string& password : passwords_) {
      if (!document_->unlock(password, password)) {
        password_ = password;
        return {};
      }
    }
    return passwordNeeded();
  }

  // Poppler mends cross-references itself; qpdf also page trees and streams' lengths.
  Result<void> repair() {
    constexpr std::string_view kRemedy =
        "Get a fresh copy, or open it in another program and print it to a new PDF file";
    document_.reset();
    auto repaired = pdf::repairedFile(bytes_, passwords_);
    if (!repaired && repaired.error().code == ErrorCode::PasswordNeeded) return passwordNeeded();
    if (!repaired) {
      return refused(fmt::format("the file is damaged ({})", repaired.error().message), kRemedy);
    }
    repairedBytes_ = std::move(*repaired);
    load(repairedBytes_);
    if (!hasFirstPage()) {
      return refused("the file is damaged beyond repair, or has no pages", kRemedy);
    }
    return {};
  }

  std::string_view bytes_;
  std::string_view fileName_;
  std::vector<std::string> passwords_;
  std::string password_;  // the one that opened it
  std::string repairedBytes_;
  std::unique_ptr<poppler::document> document_;
};

}  // namespace

Result<std::unique_ptr<DocumentReader>> openPdf(std::string_view bytes,
                                                std::string_view fileName,
                                                std::string_view password) {
  return guarded(fileName, [&] { return Opener(bytes, fileName, password).open(); });
}

}  // namespace lectern::helper
