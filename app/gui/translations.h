// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QCoreApplication;

namespace lectern::gui {

/// The user's language where there is one, over the plurals of the English in the sources.
void installTranslations(QCoreApplication& application);

}  // namespace lectern::gui
