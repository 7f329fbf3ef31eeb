<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US">
<context>
    <name>lectern::gui::Adding</name>
    <message numerus="yes">
        <source>Summary of %n document(s)</source>
        <translation>
            <numerusform>Summary of %n document</numerusform>
            <numerusform>Summary of %n documents</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::Answer</name>
    <message numerus="yes">
        <source>%n document(s) searched</source>
        <translation>
            <numerusform>%n document searched</numerusform>
            <numerusform>%n documents searched</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n page(s)</source>
        <translation>
            <numerusform>%n page</numerusform>
            <numerusform>%n pages</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n page(s) could not be read</source>
        <translation>
            <numerusform>%n page could not be read</numerusform>
            <numerusform>%n pages could not be read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Thinking, %n token(s) …</source>
        <translation>
            <numerusform>Thinking, %n token …</numerusform>
            <numerusform>Thinking, %n tokens …</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>the model read %n of them</source>
        <translation>
            <numerusform>the model read %n of them</numerusform>
            <numerusform>the model read %n of them</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n document(s) not searched yet</source>
        <translation>
            <numerusform>%n document not searched yet</numerusform>
            <numerusform>%n documents not searched yet</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::AnswerView</name>
    <message numerus="yes">
        <source>The summary ends, with %n section(s).</source>
        <translation>
            <numerusform>The summary ends, with %n section.</numerusform>
            <numerusform>The summary ends, with %n sections.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::BudgetText</name>
    <message numerus="yes">
        <source>about %n second(s)</source>
        <translation>
            <numerusform>about %n second</numerusform>
            <numerusform>about %n seconds</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>about %n minute(s)</source>
        <translation>
            <numerusform>about %n minute</numerusform>
            <numerusform>about %n minutes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::ContextPanel</name>
    <message numerus="yes">
        <source>%n page(s)</source>
        <translation>
            <numerusform>%n page</numerusform>
            <numerusform>%n pages</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::ConversationModel</name>
    <message numerus="yes">
        <source>%n message(s), last used %1</source>
        <translation>
            <numerusform>%n message, last used %1</numerusform>
            <numerusform>%n messages, last used %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::ConversationView</name>
    <message numerus="yes">
        <source>%1 · %n document(s)</source>
        <translation>
            <numerusform>%1 · %n document</numerusform>
            <numerusform>%1 · %n documents</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::DeviceText</name>
    <message numerus="yes">
        <source>The experts of %1 of %n layer(s) stay in the computer&apos;s memory; %2 computes them.</source>
        <translation>
            <numerusform>The experts of %1 of %n layer stay in the computer&apos;s memory; %2 computes them.</numerusform>
            <numerusform>The experts of %1 of %n layers stay in the computer&apos;s memory; %2 computes them.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::DropOverlay</name>
    <message numerus="yes">
        <source>%Ln document(s)</source>
        <translation>
            <numerusform>%Ln document</numerusform>
            <numerusform>%Ln documents</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of them are in the library already</source>
        <translation>
            <numerusform>%Ln of them is in the library already</numerusform>
            <numerusform>%Ln of them are in the library already</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) cannot be read and are left out</source>
        <translation>
            <numerusform>%Ln file cannot be read and is left out</numerusform>
            <numerusform>%Ln files cannot be read and are left out</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::DropPart</name>
    <message numerus="yes">
        <source>Add %Ln document(s)</source>
        <translation>
            <numerusform>Add %Ln document</numerusform>
            <numerusform>Add %Ln documents</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::EnginePart</name>
    <message numerus="yes">
        <source>Leave out %n document(s)</source>
        <translation>
            <numerusform>Leave out %n document</numerusform>
            <numerusform>Leave out %n documents</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::FolderWatch</name>
    <message numerus="yes">
        <source>%Ln document(s) are in the folder %1.</source>
        <translation>
            <numerusform>%Ln document is in the folder %1.</numerusform>
            <numerusform>%Ln documents are in the folder %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln document(s) on the shelf %1 are no longer in its folder as they were.</source>
        <translation>
            <numerusform>%Ln document on the shelf %1 is no longer in its folder as it was.</numerusform>
            <numerusform>%Ln documents on the shelf %1 are no longer in its folder as they were.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::JobRow</name>
    <message numerus="yes">
        <source>%n second(s) left</source>
        <translation>
            <numerusform>%n second left</numerusform>
            <numerusform>%n seconds left</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n minute(s) left</source>
        <translation>
            <numerusform>%n minute left</numerusform>
            <numerusform>%n minutes left</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::JobStrip</name>
    <message numerus="yes">
        <source>%n problem(s)</source>
        <translation>
            <numerusform>%n problem</numerusform>
            <numerusform>%n problems</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::LibraryModel</name>
    <message numerus="yes">
        <source>%n page(s)</source>
        <translation>
            <numerusform>%n page</numerusform>
            <numerusform>%n pages</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n page(s) could not be read</source>
        <translation>
            <numerusform>%n page could not be read</numerusform>
            <numerusform>%n pages could not be read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n page(s) without text</source>
        <translation>
            <numerusform>%n page without text</numerusform>
            <numerusform>%n pages without text</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1, %n document(s)</source>
        <translation>
            <numerusform>%1, %n document</numerusform>
            <numerusform>%1, %n documents</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::ReaderPane</name>
    <message numerus="yes">
        <source>%n place(s) marked</source>
        <translation>
            <numerusform>%n place marked</numerusform>
            <numerusform>%n places marked</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::ShelfChoice</name>
    <message numerus="yes">
        <source>Leave out %n document(s)</source>
        <translation>
            <numerusform>Leave out %n document</numerusform>
            <numerusform>Leave out %n documents</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::Shelves</name>
    <message numerus="yes">
        <source>%n document(s) taken off the shelf %1.</source>
        <translation>
            <numerusform>%n document taken off the shelf %1.</numerusform>
            <numerusform>%n documents taken off the shelf %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>lectern::gui::ReadingsPage</name>
    <message numerus="yes">
        <source>Delete %n reading(s)? Documents and answers stay. To read them again takes %1.</source>
        <translation>
            <numerusform>Delete %n reading? Documents and answers stay. To read it again takes %1.</numerusform>
            <numerusform>Delete %n readings? Documents and answers stay. To read them again takes %1.</numerusform>
        </translation>
    </message>
</context>
</TS>
