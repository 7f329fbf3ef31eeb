// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lectern::gui {

/// Lets screen readers read a ReaderView: its name is "Page 3 of 12", its text the text of that
/// page with the part that is selected, and each place that is marked as evidence is a child,
/// "Evidence 1 of 2, page 3". Once is enough, before the first view is looked at; more does no
/// harm.
void installAccessibleReader();

}  // namespace lectern::gui
