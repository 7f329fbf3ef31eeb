// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/flow/flow_reader.h"

#include "ingest/helper/flow/page_layout.h"
#include "ingest/helper/flow/paginator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lectern::helper {

namespace {

class FlowReader : public DocumentReader {
 public:
  FlowReader(FlowDocument document, DocumentInfo info)
      : document_(std::move(document)), info_(std::move(info)), pagination_(document_, setting_) {
    info_.pageCount = pagination_.pageCount();
    for (int page = 1; page <= info_.pageCount; ++page) addHeadings(page);
  }

  DocumentInfo info() override { return info_; }

  Result<Page> readPage(int number) override {
    Page page = PageLayout(document_, pagination_.piecesOf(number), setting_).page();
    page.number = number;
    return page;
  }

  Result<PageSize> pageSize(int /*number*/) override {
    return PageSize{Sheet::kWidthPt, Sheet::kHeightPt};
  }

  Result<void> renderPage(int number, int width, int height, std::span<uint32_t> pixels) override {
    std::fill(pixels.begin(), pixels.end(), 0xFFFFFFFFU);
    cairo_surface_t* surface = cairo_image_surface_create_for_data(
        reinterpret_cast<unsigned char*>(pixels.data()), CAIRO_FORMAT_ARGB32, width, height,
        width * static_cast<int>(sizeof(uint32_t)));
    cairo_t* cairo = cairo_create(surface);
    cairo_scale(cairo, width / Sheet::kWidthPt, height / Sheet::kHeightPt);
    PageLayout(document_, pagination_.piecesOf(number), setting_).draw(cairo);
    const cairo_status_t status = cairo_status(cairo);
    cairo_destroy(cairo);
    cairo_surface_flush(surface);
    cairo_surface_destroy(surface);
    if (status == CAIRO_STATUS_SUCCESS) return {};
    return Error{ErrorCode::InputRefused, fmt::format("Page {} could not be drawn ({}).", number,
                                                      cairo_status_to_string(status))};
  }

 private:
  void addHeadings(int page) {
    for (const FlowPiece& piece : pagination_.piecesOf(page)) {
      const FlowBlock& block = document_.blocks()[piece.block];
      if (block.kind != BlockKind::Heading || block.level == 0) continue;
      if (piece.span.begin != block.span.begin) continue;
      info_.outline.push_back({block.level, std::string(document_.textOf(block.span)), page, 0});
    }
  }

  FlowDocument document_;
  DocumentInfo info_;
  TypeSetting& setting_ = TypeSetting::instance();
  Pagination pagination_;
};

}  // namespace

Result<std::unique_ptr<DocumentReader>> openFlow(FlowDocument document,
                                                 DocumentInfo info,
                                                 std::string_view fileName) {
  if (document.blocks().empty()) {
    return Error{ErrorCode::InputRefused, fmt::format("{} holds no text.", fileName)};
  }
  return std::make_unique<FlowReader>(std::move(document), std::move(info));
}

}  // namespace lectern::helper
