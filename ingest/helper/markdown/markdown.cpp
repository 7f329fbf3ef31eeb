// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/markdown/markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace lectern::helper {

namespace {

struct NodeFree {
  void operator()(cmark_node* node) const { cmark_node_free(node); }
};
struct ParserFree {
  void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
};
struct IterFree {
  void operator()(cmark_iter* iter) const { cmark_iter_free(iter); }
};

std::unique_ptr<cmark_node, NodeFree> parseTree(std::string_view text) {
  cmark_gfm_core_extensions_ensure_registered();
  const std::unique_ptr<cmark_parser, ParserFree> parser(
      cmark_parser_new(CMARK_OPT_FOOTNOTES | CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE));
  for (const char* name : {"table", "strikethrough", "autolink", "tasklist"}) {
    if (cmark_syntax_extension* extension = cmark_find_syntax_extension(name)) {
      cmark_parser_attach_syntax_extension(parser.get(), extension);
    }
  }
  cmark_parser_feed(parser.get(), text.data(), text.size());
  return std::unique_ptr<cmark_node, NodeFree>(cmark_parser_finish(parser.get()));
}

std::string_view literalOf(cmark_node* node) {
  const char* literal = cmark_node_get_literal(node);
  return literal == nullptr ? std::string_view() : literal;
}

std::string_view typeOf(cmark_node* node) {
  return cmark_node_get_type_string(node);
}

bool isBlank(std::string_view text) {
  return text.find_first_not_of(" \t\n") == std::string_view::npos;
}

// Metadata between "---" and "---" or "..." at the very start, as many programs write it. Gives
// what it holds, and takes it off the text.
std::string_view cutFrontMatter(std::string_view& text) {
  if (!text.starts_with("---\n")) return {};
  for (size_t at = 4; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line == "---" || line == "...") {
      const std::string_view matter = text.substr(4, at - 4);
      text.remove_prefix(std::min(end + 1, text.size()));
      return matter;
    }
    if (at == 4 && line.find(':') == std::string_view::npos) return {};
    at = end + 1;
  }
  return {};
}

std::string titleOf(std::string_view frontMatter) {
  constexpr std::string_view kKey = "title:";
  size_t at = 0;
  while (at < frontMatter.size()) {
    const size_t end = std::min(frontMatter.find('\n', at), frontMatter.size());
    std::string_view line = frontMatter.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(kKey)) continue;
    line.remove_prefix(kKey.size());
    const size_t first = line.find_first_not_of(" \"'");
    if (first == std::string_view::npos) return {};
    return std::string(line.substr(first, line.find_last_not_of(" \"'") - first + 1));
  }
  return {};
}

// Walks the tree once, without recursion: quotes can be nested as deep as the file is long.
class Writer {
 public:
  MarkdownDocument write(cmark_node* root) {
    const std::unique_ptr<cmark_iter, IterFree> iter(cmark_iter_new(root));
    for (cmark_event_type event = cmark_iter_next(iter.get()); event != CMARK_EVENT_DONE;
         event = cmark_iter_next(iter.get())) {
      cmark_node* node = cmark_iter_get_node(iter.get());
      if (event == CMARK_EVENT_ENTER) {
        enter(node);
      } else {
        leave(node);
      }
    }
    return std::move(document_);
  }

 private:
  void enter(cmark_node* node) {
    const cmark_node_type type = cmark_node_get_type(node);
    if ((type & CMARK_NODE_TYPE_MASK) == CMARK_NODE_TYPE_INLINE) {
      addInline(node);
    } else if (type == CMARK_NODE_LIST) {
      lists_.push_back(cmark_node_get_list_start(node));
    } else if (type == CMARK_NODE_BLOCK_QUOTE) {
      ++quotes_;
    } else if (type == CMARK_NODE_ITEM || typeOf(node) == "tasklist") {
      marker_ += markerOf(node);
    } else if (type == CMARK_NODE_FOOTNOTE_DEFINITION) {
      marker_ = fmt::format("[{}] ", ++footnotes_);
    } else if (type == CMARK_NODE_CODE_BLOCK) {
      addCode(literalOf(node));
    } else if (type == CMARK_NODE_HTML_BLOCK) {
      if (!literalOf(node).starts_with("<!--")) addCode(literalOf(node));
    } else if (typeOf(node) == "table_cell") {
      if (cmark_node_previous(node) != nullptr) text_.push_back('\t');
    }
  }

  void leave(cmark_node* node) {
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_LIST) {
      lists_.pop_back();
    } else if (type == CMARK_NODE_BLOCK_QUOTE) {
      --quotes_;
    } else if (type == CMARK_NODE_ITEM || typeOf(node) == "tasklist") {
      finish(BlockKind::ListItem, 0);  // an item without text
      marker_.clear();
    } else if (type == CMARK_NODE_PARAGRAPH) {
      finish(marker_.empty() ? BlockKind::Paragraph : BlockKind::ListItem, 0);
    } else if (type == CMARK_NODE_HEADING) {
      if (document_.title.empty()) document_.title = text_;
      finish(BlockKind::Heading, cmark_node_get_heading_level(node));
    } else if (typeOf(node) == "table_row" || typeOf(node) == "table_header") {
      finish(BlockKind::TableRow, 0);
    }
  }

  void addInline(cmark_node* node) {
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_TEXT:
      case CMARK_NODE_CODE:
        addText(literalOf(node));
        break;
      case CMARK_NODE_SOFTBREAK:
      case CMARK_NODE_LINEBREAK:
        text_.push_back(' ');
        break;
      case CMARK_NODE_HTML_INLINE:
        if (literalOf(node).starts_with("<br")) text_.push_back(' ');
        break;
      case CMARK_NODE_FOOTNOTE_REFERENCE:
        text_ += fmt::format("[{}]", literalOf(node));
        break;
      default:
        break;  // emphasis, links, pictures: their own text follows
    }
  }

  // A tab separates the cells of a row and nothing else.
  void addText(std::string_view literal) {
    const size_t begin = text_.size();
    text_ += literal;
    std::replace(text_.begin() + static_cast<ptrdiff_t>(begin), text_.end(), '\t', ' ');
  }

  std::string markerOf(cmark_node* item) {
    if (typeOf(item) == "tasklist") {
      return cmark_gfm_extensions_get_tasklist_item_checked(item) ? "☑ " : "☐ ";
    }
    cmark_node* list = cmark_node_parent(item);
    if (cmark_node_get_list_type(list) != CMARK_ORDERED_LIST) return "• ";
    const char delimiter = cmark_node_get_list_delim(list) == CMARK_PAREN_DELIM ? ')' : '.';
    return fmt::format("{}{} ", lists_.back()++, delimiter);
  }

  [[nodiscard]] int indent() const {
    return quotes_ + std::max(0, static_cast<int>(lists_.size()) - 1);
  }

  void finish(BlockKind kind, int level) {
    if (!isBlank(text_) || !isBlank(marker_)) {
      document_.flow.add(kind, level, indent(), std::exchange(marker_, {}) + text_);
    }
    text_.clear();
  }

  void addCode(std::string_view literal) {
    if (!isBlank(marker_)) finish(BlockKind::ListItem, 0);
    document_.flow.add(BlockKind::Code, 0, indent(), literal);
  }

  MarkdownDocument document_;
  std::string text_;        // of the block at hand
  std::string marker_;      // of the item whose first block is still to come
  std::vector<int> lists_;  // the next number of each open list
  int quotes_ = 0;
  int footnotes_ = 0;
};

}  // namespace

MarkdownDocument parseMarkdown(std::string_view text) {
  const std::string_view frontMatter = cutFrontMatter(text);
  MarkdownDocument document = Writer().write(parseTree(text).get());
  if (std::string title = titleOf(frontMatter); !title.empty()) document.title = std::move(title);
  return document;
}

}  // namespace lectern::helper
