// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/pdf_structure.h"

#include "core/document/rect.h"
#include "ingest/helper/pdf/pdf_title.h"

#include <qpdf/Buffer.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFExc.hh>
#include <qpdf/QPDFNameTreeObjectHelper.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>
#include <qpdf/QPDFWriter.hh>

#include <algorithm>
#include <cmath>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace lectern::helper::pdf {

namespace {

constexpr size_t kMaxItems = 100'000;
constexpr int kMaxLevel = 50;

void open(QPDF& pdf, std::string_view bytes, const std::string& password) {
  pdf.setSuppressWarnings(true);
  pdf.processMemoryFile("document", bytes.data(), bytes.size(), password.c_str());
}

// Makes the page tree one list of the pages that were found: qpdf does when one comes or goes.
void rebuildPageTree(QPDF& pdf) {
  const auto count = static_cast<int>(pdf.getAllPages().size());
  pdf.getRoot().getKey("/Pages").replaceKey("/Count", QPDFObjectHandle::newInteger(count));
  const QPDFPageObjectHelper blank(
      pdf.makeIndirectObject(QPDFObjectHandle::parse("<< /Type /Page >>")));
  QPDFPageDocumentHelper pages(pdf);
  pages.addPage(blank, false);
  pages.removePage(pages.getAllPages().back());
}

// Walks the outline itself: qpdf's own helper takes 2^50 steps for two entries that are each
// other's child and successor.
class OutlineReader {
 public:
  explicit OutlineReader(QPDF& pdf) {
    int number = 0;
    for (const QPDFObjectHandle& page : pdf.getAllPages()) {
      numberOfPage_.emplace(page.getObjGen(), ++number);
    }
    root_ = pdf.getRoot();
    QPDFObjectHandle names = root_.getKey("/Names");
    if (names.isDictionary() && names.getKey("/Dests").isDictionary()) {
      names_.emplace(names.getKey("/Dests"), pdf);
    }
  }

  std::vector<OutlineItem> read() {
    QPDFObjectHandle outlines = root_.getKey("/Outlines");
    if (!outlines.isDictionary()) return {};
    std::vector<std::pair<QPDFObjectHandle, int>> open;  // entries to read, the next one last
    open.emplace_back(outlines.getKey("/First"), 1);
    std::set<QPDFObjGen> seen;
    while (!open.empty() && items_.size() < kMaxItems) {
      auto [entry, level] = open.back();
      open.pop_back();
      if (!entry.isDictionary() || level > kMaxLevel) continue;
      if (entry.isIndirect() && !seen.insert(entry.getObjGen()).second) continue;
      add(entry, level);
      open.emplace_back(entry.getKey("/Next"), level);
      open.emplace_back(entry.getKey("/First"), level + 1);
    }
    return std::move(items_);
  }

 private:
  void add(QPDFObjectHandle entry, int level) {
    OutlineItem item;
    item.level = level;
    QPDFObjectHandle title = entry.getKey("/Title");
    if (title.isString()) item.title = cleanTitle(title.getUTF8Value());
    setTarget(item, targetOf(entry));
    items_.push_back(std::move(item));
  }

  // The explicit destination of an entry (ISO 32000-2, 12.3.2): its own, or that of its action;
  // written there, or under a name.
  QPDFObjectHandle targetOf(QPDFObjectHandle entry) {
    QPDFObjectHandle target = entry.getKey("/Dest");
    QPDFObjectHandle action = entry.getKey("/A");
    if (target.isNull() && action.isDictionary() && action.getKey("/S").isNameAndEquals("/GoTo")) {
      target = action.getKey("/D");
    }
    if (target.isName()) {
      QPDFObjectHandle named = root_.getKey("/Dests");
      target = named.isDictionary() ? named.getKey(target.getName()) : QPDFObjectHandle::newNull();
    } else if (target.isString()) {
      QPDFObjectHandle found = QPDFObjectHandle::newNull();
      if (names_.has_value()) names_->findObject(target.getUTF8Value(), found);
      target = found;
    }
    return target.isDictionary() ? target.getKey("/D") : target;
  }

  void setTarget(OutlineItem& item, QPDFObjectHandle target) const {
    if (!target.isArray() || target.getArrayNItems() == 0) return;
    QPDFObjectHandle page = target.getArrayItem(0);
    const auto found = numberOfPage_.find(page.getObjGen());
    if (!page.isDictionary() || found == numberOfPage_.end()) return;
    item.page = found->second;
    item.top = topOf(target, page);
  }

  static std::optional<double> number(QPDFObjectHandle array, int index) {
    if (index >= array.getArrayNItems()) return std::nullopt;
    QPDFObjectHandle value = array.getArrayItem(index);
    if (!value.isNumber() || !std::isfinite(value.getNumericValue())) return std::nullopt;
    return value.getNumericValue();
  }

  // How far down the displayed page a target lies (ISO 32000-2, 12.3.2.2, table 149).
  static int topOf(QPDFObjectHandle target, const QPDFObjectHandle& pageObject) {
    if (target.getArrayNItems() < 2 || !target.getArrayItem(1).isName()) return 0;
    const std::string kind = target.getArrayItem(1).getName();
    std::optional<double> left;
    std::optional<double> top;
    if (kind == "/XYZ") {
      left = number(target, 2);
      top = number(target, 3);
    } else if (kind == "/FitH" || kind == "/FitBH") {
      top = number(target, 2);
    } else if (kind == "/FitV" || kind == "/FitBV") {
      left = number(target, 2);
    } else if (kind == "/FitR") {
      left = number(target, 2);
      top = number(target, 5);
    }
    QPDFPageObjectHelper page(pageObject);
    QPDFObjectHandle crop = page.getCropBox();
    if (!crop.isRectangle()) return 0;
    const auto box = crop.getArrayAsRectangle();
    const auto [x0, x1] = std::minmax(box.llx, box.urx);
    const auto [y0, y1] = std::minmax(box.lly, box.ury);
    QPDFObjectHandle turn = page.getAttribute("/Rotate", false);
    const int quarters = turn.isInteger() ? ((turn.getIntValueAsInt() / 90) % 4 + 4) % 4 : 0;
    double down = 0;
    double height = y1 - y0;
    switch (quarters) {
      case 1:
        down = left.value_or(x0) - x0;
        height = x1 - x0;
        break;
      case 2:
        down = top.value_or(y0) - y0;
        break;
      case 3:
        down = x1 - left.value_or(x1);
        height = x1 - x0;
        break;
      default:
        down = y1 - top.value_or(y1);
    }
    if (!(height > 0) || !std::isfinite(down)) return 0;
    return static_cast<int>(std::lround(std::clamp(down / height, 0.0, 1.0) * Rect::kUnit));
  }

  QPDFObjectHandle root_;
  std::optional<QPDFNameTreeObjectHelper> names_;
  std::map<QPDFObjGen, int> numberOfPage_;
  std::vector<OutlineItem> items_;
};

}  // namespace

PdfStructure readStructure(std::string_view bytes, const std::string& password) {
  PdfStructure structure;
  try {
    QPDF pdf;
    open(pdf, bytes, password);
    structure.damaged = pdf.anyWarnings();
    QPDFObjectHandle root = pdf.getRoot();
    structure.hasPageLabels = root.getKey("/PageLabels").isDictionary();
    if (root.getKey("/Outlines").isDictionary()) structure.outline = OutlineReader(pdf).read();
  } catch (const QPDFExc& e) {
    structure.damaged = structure.damaged || e.getErrorCode() == qpdf_e_damaged_pdf;
  } catch (const std::exception&) {
    structure.outline.clear();  // the pages' text is worth reading without it
  }
  return structure;
}

Result<std::string> repairedFile(std::string_view bytes,
                                 const std::vector<std::string>& passwords) {
  std::vector<std::string> candidates = passwords;
  candidates.insert(candidates.begin(), std::string());
  Error error{ErrorCode::InputRefused, ""};
  for (const std::string& password : candidates) {
    try {
      QPDF pdf;
      open(pdf, bytes, password);
      if (pdf.getAllPages().empty()) return Error{ErrorCode::InputRefused, "it has no pages"};
      rebuildPageTree(pdf);
      QPDFWriter writer(pdf);
      writer.setOutputMemory();
      writer.setStaticID(true);
      writer.setPreserveEncryption(false);
      writer.write();
      const auto buffer = writer.getBufferSharedPointer();
      return std::string(reinterpret_cast<const char*>(buffer->getBuffer()), buffer->getSize());
    } catch (const QPDFExc& e) {
      const bool locked = e.getErrorCode() == qpdf_e_password;
      error = {locked ? ErrorCode::PasswordNeeded : ErrorCode::InputRefused, e.getMessageDetail()};
      if (!locked) break;
    } catch (const std::exception& e) {
      error = {ErrorCode::InputRefused, e.what()};
      break;
    }
  }
  return error;
}

}  // namespace lectern::helper::pdf
