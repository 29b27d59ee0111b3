AREA = "reason"
TEXT = {
    "UPLOAD_IS_DATASET": "This upload is the dataset “{name}” now; delete that on its own page",
    "UPLOAD_UNKNOWN": "There is no such upload; it may have been cancelled, or cleared after a day",
    "UPLOAD_OF_OTHERS": "This is another user's upload; only they and administrators may change it",
    "UPLOAD_NOTHING": "There is nothing to upload; choose files, a folder or a zip",
    "UPLOAD_TOO_MANY_FILES": "Too many files: at most {most, number} at once; make several "
    "datasets of them",
    "UPLOAD_NO_ROOM": "The volume has too little room: {needed, size} needed, {free, size} "
    "free. Choose another volume, or clear this one",
    "UPLOAD_DISK_FULL": "The volume is full. Make room, then press “Go on”; what has arrived "
    "need not be sent again",
    "UPLOAD_WRITE_FAILED": "The volume cannot be written to: {error}. Ask an administrator to "
    "check it",
    "UPLOAD_NAME_COMING": "An upload that is under way has the name “{name}”; choose another name",
    "UPLOAD_FOLDER_EXISTS": "The volume has a folder {folder} already; choose another name",
    "UPLOAD_NOT_RECEIVING": "This upload takes no more files",
    "UPLOAD_ELSEWHERE": "Another page is sending these files",
    "UPLOAD_BUSY": "The last files are still being written; wait a moment",
    "UPLOAD_INCOMPLETE": "Not all has arrived: {arrived, number} of {files, number} files",
    "UPLOAD_BODY_WRONG": "These files came in a form that cannot be read; nothing was written",
    "UPLOAD_OFFSET": "The file “{path}” does not join on: {expected, size} are there",
    "UPLOAD_FILE_LONGER": "The file “{path}” is longer than the {size, size} announced; choose "
    "the files again",
    "UPLOAD_MORE_BYTES": "The files are larger than the {most, size} announced; cancel and "
    "upload again",
    "UPLOAD_MORE_FILES": "There are more files than the {most, number} announced; cancel and "
    "upload again",
    "UPLOAD_COLLISION": "“{path}” collides with a file or folder of the same name; rename it "
    "and upload again",
    "UPLOAD_PATH_EMPTY": "One of the files has no name",
    "UPLOAD_PATH_CONTROL": "The name “{path}” has control characters; rename it and upload again",
    "UPLOAD_PATH_ABSOLUTE": "“{path}” is an absolute path; files must lie in the dataset's folder",
    "UPLOAD_PATH_BACKSLASH": "“{path}” has a backslash; folders are separated by /",
    "UPLOAD_PATH_OUTSIDE": "“{path}” leads out of the dataset's folder",
    "UPLOAD_PATH_PARTS": "“{path}” has an empty folder name, or a single dot for one",
    "UPLOAD_PATH_LONG": "The name “{path}” is too long; shorten it and upload again",
    "ZIP_BROKEN": "The zip is damaged and cannot be opened: {error}. Pack it again",
    "ZIP_MEMBER_BROKEN": "“{path}” in the zip is damaged; pack it again",
    "ZIP_EMPTY": "The zip has no files",
    "ZIP_TOO_MANY_FILES": "The zip has more than {most, number} files; make several datasets of it",
    "ZIP_BOMB": "Unpacked, the zip would be over {ratio, number} times its own size, "
    "like a zip bomb; it was not unpacked. Upload the folder instead",
    "ZIP_LIES": "“{path}” in the zip is larger than it claims; it was not unpacked",
    "ZIP_DUPLICATE": "The zip has “{path}” twice",
    "ZIP_LINK": "“{path}” in the zip is a link; replace it by the file and pack again",
    "ZIP_DEVICE": "“{path}” in the zip is no plain file; leave it out and pack again",
    "ZIP_ENCRYPTED": "“{path}” in the zip has a password; pack it without one",
    "ZIP_COMPRESSION": "“{path}” in the zip is compressed in a way that is not supported; "
    "pack a plain zip (Deflate)",
    "VOLUME_HAS_UPLOAD": "“{upload}” is being uploaded to the volume “{name}”; "
    "remove it when that has ended or is cancelled",
}
