// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/bridge/desk_bridge.h"
#include "app/gui/bridge/strings.h"
#include "app/gui/main_window.h"
#include "app/gui/translations.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QMessageBox>

namespace {

// Qt 6.4 knows no place for state (XDG Base Directory Specification).
std::filesystem::path stateFile() {
  const QByteArray given = qgetenv("XDG_STATE_HOME");
  const QString folder = given.isEmpty() ? QDir::homePath() + QStringLiteral("/.local/state")
                                         : QString::fromLocal8Bit(given);
  QDir().mkpath(folder + QStringLiteral("/lectern"));
  return lectern::gui::pathFromQt(folder + QStringLiteral("/lectern/window.ini"));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace lectern;
  using namespace lectern::gui;

  QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("lectern"));
  QApplication::setApplicationDisplayName(QStringLiteral("Lectern"));
  QApplication::setApplicationVersion(QStringLiteral(LECTERN_VERSION));

  installTranslations(application);

  QCommandLineParser parser;
  parser.setApplicationDescription(QApplication::translate(
      "main", "Reads documents and answers from them, with the exact words on the exact page."));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument(QStringLiteral("files"),
                               QApplication::translate("main", "Documents to add and open"),
                               QStringLiteral("[files …]"));
  parser.process(application);

  auto bridge = DeskBridge::open({});
  if (!bridge) {
    QMessageBox box(QMessageBox::Critical, QStringLiteral("Lectern"), toQt(bridge.error().message));
    box.show();
    return QApplication::exec() == 0 ? 7 : 1;
  }
  MainWindow window(std::move(*bridge), {stateFile()});
  window.show();
  std::vector<std::filesystem::path> files;
  for (const QString& name : parser.positionalArguments()) files.push_back(pathFromQt(name));
  window.addFiles(files);
  return QApplication::exec();
}
