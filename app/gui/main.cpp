// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/bridge/desk_bridge.h"
#include "app/gui/bridge/strings.h"
#include "app/gui/desktop/allocator.h"
#include "app/gui/desktop/session_application.h"
#include "app/gui/desktop/termination.h"
#include "app/gui/main_window.h"
#include "app/gui/palette.h"
#include "app/gui/translations.h"
#include "app/workspace/settings_file.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QFileInfo>
#include <QIcon>
#include <QLocale>
#include <QMessageBox>
#include <QUrl>

namespace {

// Qt 6.4 knows no place for state (XDG Base Directory Specification).
std::filesystem::path stateFile() {
  const QByteArray given = qgetenv("XDG_STATE_HOME");
  const QString folder = given.isEmpty() ? QDir::homePath() + QStringLiteral("/.local/state")
                                         : QString::fromLocal8Bit(given);
  QDir().mkpath(folder + QStringLiteral("/lectern"));
  return lectern::gui::pathFromQt(folder + QStringLiteral("/lectern/window.ini"));
}

QList<QUrl> urlsOf(const QStringList& names) {
  QList<QUrl> urls;
  for (const QString& name : names) {
    const QUrl url(name);
    urls.push_back(url.isLocalFile() ? url
                                     : QUrl::fromLocalFile(QFileInfo(name).absoluteFilePath()));
  }
  return urls;
}

std::vector<std::filesystem::path> filesOf(const QList<QUrl>& urls) {
  std::vector<std::filesystem::path> files;
  for (const QUrl& url : urls) {
    if (url.isLocalFile()) files.push_back(lectern::gui::pathFromQt(url.toLocalFile()));
  }
  return files;
}

// One window a session, but for those over a library of their own.
bool isOneOfMany() {
  return qEnvironmentVariableIsSet("LECTERN_DATA_DIR");
}

void bringForward(QWidget& window) {
  window.setWindowState(window.windowState() & ~Qt::WindowMinimized);
  window.show();
  window.raise();
  window.activateWindow();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace lectern;
  using namespace lectern::gui;

  shareArenas();
  QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("lectern"));
  QApplication::setApplicationDisplayName(QStringLiteral("Lectern"));
  QApplication::setApplicationVersion(QStringLiteral(LECTERN_VERSION));
  QGuiApplication::setDesktopFileName(QStringLiteral("org.lectern.Lectern"));
  QApplication::setWindowIcon(QIcon::fromTheme(QStringLiteral("org.lectern.Lectern"),
                                               QIcon(QStringLiteral(":/icons/128.png"))));
  keepTextReadable(application);

  WorkspaceOptions options;
  const auto config = configFolder({});
  if (config) {
    const Settings settings = loadSettings(*config).settings;
    applySettings(settings, options);
    if (settings.language != Settings::kSystemLanguage) {
      QLocale::setDefault(QLocale(toQt(settings.language)));
      QApplication::setLayoutDirection(QLocale().textDirection());
    }
  }
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

  const QList<QUrl> urls = urlsOf(parser.positionalArguments());
  SessionApplication session;
  if (!isOneOfMany() && !session.claim() && SessionApplication::handOver(urls)) return 0;

  auto bridge = DeskBridge::open(options);
  if (!bridge) {
    QMessageBox box(QMessageBox::Critical, QStringLiteral("Lectern"), toQt(bridge.error().message));
    box.show();
    return QApplication::exec() == 0 ? 7 : 1;
  }
  MainWindow window(std::move(*bridge),
                    {stateFile(), config ? *config : std::filesystem::path(), {}});
  quitOnSignals(application);
  QObject::connect(&session, &SessionApplication::opened, &window, [&](const QList<QUrl>& more) {
    window.addFiles(filesOf(more));
    bringForward(window);
  });
  window.show();
  window.addFiles(filesOf(urls));
  return QApplication::exec();
}
