// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/settings/device_text.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/settings/budget_text.h"

#include <QLocale>

namespace lectern::gui {

namespace {

QString nameOf(const kernels::BackendProperties& device) {
  return isolated(
      QStringLiteral("%1 (%2)").arg(toQt(device.device).simplified(), toQt(device.name)));
}

}  // namespace

QString DeviceText::size(int64_t bytes) {
  return isolated(QLocale().formattedDataSize(bytes, 1, QLocale::DataSizeSIFormat));
}

QString DeviceText::computesOn(const ModelDevices& devices) {
  QStringList names;
  for (const DeviceShare& share : devices.shares) names << nameOf(share.device);
  QString text = tr("Computes on: %1.").arg(names.join(tr(", ")));
  if (devices.stayingLayers > 0) {
    text += QLatin1Char(' ') +
            tr("The experts of %1 of %n layer(s) stay in the computer's memory; %2 computes them.",
               nullptr, static_cast<int>(devices.expertLayers))
                .arg(QLocale().toString(static_cast<qlonglong>(devices.stayingLayers)),
                     nameOf(devices.processor));
  }
  if (!devices.tooSmall.empty()) {
    text += QLatin1Char(' ') +
            tr("Nothing faster can be used: %1").arg(isolated(toQt(devices.tooSmall)));
  }
  return text;
}

QStringList DeviceText::memory(const ModelDevices& devices) {
  QStringList lines;
  if (devices.onCards() && !devices.holdWindow) {
    lines << tr("⚠ With a window of %1 tokens it needs %2 of memory, more than is free there. "
                "Choose a smaller window.")
                 .arg(BudgetText::number(devices.windowTokens), size(devices.needs.bytes()));
    return lines;
  }
  for (const DeviceShare& share : devices.shares) {
    const ModelMemory& memory = share.memory;
    const QString parts =
        tr("weights %1, window %2, workspace %3")
            .arg(size(memory.weightBytes), size(memory.windowBytes), size(memory.workingBytes));
    if (share.device.hostMemory) {
      lines << tr("Memory: about %1 of the %2 here: %3.")
                   .arg(size(memory.bytes()), size(share.device.memoryBytes), parts);
      if (share.device.memoryBytes > 0 && memory.bytes() > share.device.memoryBytes) {
        lines << tr("⚠ That is more than this computer has. Choose a smaller window.");
      }
    } else if (devices.shares.size() == 1) {
      lines << tr("Memory: %1 of the %2 that are free on %3: %4.")
                   .arg(size(memory.bytes()), size(share.device.memoryFreeBytes),
                        isolated(toQt(share.device.name)), parts);
    } else {
      lines << tr("Memory of the layers %1 to %2: %3 of the %4 that are free on %5: %6.")
                   .arg(BudgetText::number(share.layers.first + 1),
                        BudgetText::number(share.layers.end), size(memory.bytes()),
                        size(share.device.memoryFreeBytes), isolated(toQt(share.device.name)),
                        parts);
    }
  }
  if (devices.stayingLayers > 0) {
    lines << tr("Memory of the experts that stay: %1 of the %2 that are free in the computer.")
                 .arg(size(devices.stayingBytes), size(devices.processor.memoryFreeBytes));
  }
  return lines;
}

QString DeviceText::otherWindow(const ModelDevices& devices) {
  const QString tokens = BudgetText::number(devices.windowTokens);
  if (devices.onCards() && !devices.holdWindow) {
    return tr("With a window of %1 tokens: %2, more than is free.")
        .arg(tokens, size(devices.needs.bytes()));
  }
  QStringList places;
  for (const DeviceShare& share : devices.shares) {
    places
        << (devices.onCards()
                ? tr("%1 on %2").arg(size(share.memory.bytes()), isolated(toQt(share.device.name)))
                : size(share.memory.bytes()));
  }
  if (devices.stayingLayers > 0) {
    places << tr("%1 in the computer").arg(size(devices.stayingBytes));
  }
  return tr("With a window of %1 tokens: %2.").arg(tokens, places.join(tr(", ")));
}

QStringList DeviceText::lines(const ModelForecast& forecast) {
  if (!forecast.chosen) return {QStringLiteral("⚠ ") + toQt(forecast.chosen.error().message)};
  QStringList lines(computesOn(*forecast.chosen));
  lines << memory(*forecast.chosen);
  for (const ModelDevices& devices : forecast.others) lines << otherWindow(devices);
  return lines;
}

}  // namespace lectern::gui
