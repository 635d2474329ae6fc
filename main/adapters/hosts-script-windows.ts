/**
 * The same as hosts-script.ts for Windows PowerShell 5.1. It gets its data as base64, in the one place that is left for it,
 * since a program that was started with more rights can be given nothing else. Never ran on Windows here.
 */
const script = `
$ErrorActionPreference = 'Stop'
function Stop-With($code, $words) { [Console]::Error.WriteLine($words); exit $code }
$d = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('DATA')) | ConvertFrom-Json
if ($d.form -ne 1) { Stop-With 12 'These are not the arguments of this version.' }
$id = [string]$d.id; $start = [int]$d.start; $end = [int]$d.end; $insert = [string]$d.insert
if ($id -cnotmatch '\\A[A-Za-z0-9_.:-]{1,64}\\z') { Stop-With 12 'That is not the id of a block.' }
if ($start -lt 0 -or $end -lt $start -or $insert.Length -gt 65536) { Stop-With 12 'That is not a place in the file.' }
$own = [regex]::Escape($id)
$begin = "# BEGIN mooring $own( [A-Za-z0-9_.-]{1,64})?"
$close = "# END mooring $own( \\(ended the line above\\))?"
$label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
if ($insert -ne '') {
  $lines = @($insert -split "\\r?\\n")
  if ($lines[0] -eq '') { $lines = @($lines | Select-Object -Skip 1) }
  if ($lines[-1] -eq '') { $lines = @($lines | Select-Object -SkipLast 1) }
  if ($lines.Count -lt 2 -or $lines.Count -gt 500) { Stop-With 12 'The block is not as it should be.' }
  if ($lines[0] -cnotmatch "\\A$begin\\z" -or $lines[-1] -cnotmatch "\\A$close\\z") { Stop-With 12 'The block is not as it should be.' }
  foreach ($line in @($lines | Select-Object -Skip 1 | Select-Object -SkipLast 1)) {
    if ($line -cnotmatch "\\A(?<address>[0-9A-Fa-f:.]{2,45}) (?<name>$label(\\.$label)*)\\z") { Stop-With 12 'A line of the block may not be written.' }
    $name = $Matches['name']; $address = [Net.IPAddress]::None
    if (-not [Net.IPAddress]::TryParse($Matches['address'], [ref]$address)) { Stop-With 12 'An address may not be written.' }
    if ($name.Length -gt 253 -or $name -match '(\\A|\\.)localhost\\z|\\Aip6-|(\\A|\\.)[0-9]+\\z') { Stop-With 12 'A name may not be written.' }
  }
}
$path = [string]$d.path
if ($path -eq '') { $path = [Environment]::SystemDirectory + '\\drivers\\etc\\hosts' }
try { $lock = [IO.File]::Open("$path.mooring.lock", 'OpenOrCreate', 'ReadWrite', 'None') } catch { Stop-With 11 'Another change of the file is under way.' }
try {
  $old = [IO.File]::ReadAllBytes($path)
  $sum = -join ([Security.Cryptography.SHA256]::Create().ComputeHash($old) | ForEach-Object { $_.ToString('x2') })
  if ($sum -cne [string]$d.from) { Stop-With 10 'The file has changed meanwhile.' }
  $latin = [Text.Encoding]::GetEncoding(28591)
  $text = $latin.GetString($old)
  if ($end -gt $text.Length) { Stop-With 12 'That is not a place in the file.' }
  $region = $text.Substring($start, $end - $start)
  $atLine = $start -eq 0 -or $text[$start - 1] -eq "\`n"
  if ($region -eq '') {
    if ($start -ne $text.Length -or $insert -eq '' -or $atLine -eq ($insert -match '\\A\\r?\\n')) { Stop-With 12 'That is not the place for a block.' }
  } else {
    if ($region -cnotmatch "\\A(?<takes>\\r?\\n)?$begin\\r?\\n([\\s\\S]*?\\n)?$close(?<ends>\\r?\\n)?\\z") { Stop-With 12 'That is not the block.' }
    if (([regex]::Matches($region, '(?m)^# (BEGIN|END) mooring ')).Count -ne 2) { Stop-With 12 'That is not one block.' }
    $takes = [bool]$Matches['takes']; $ends = [bool]$Matches['ends']
    if (-not $takes -and -not $atLine) { Stop-With 12 'That is not a line.' }
    if ($insert -ne '' -and ($takes -or $ends)) { Stop-With 12 'That is more than the block.' }
    if ($takes -and $end -ne $text.Length) { Stop-With 12 'That is more than the block.' }
  }
  $new = $latin.GetBytes($text.Substring(0, $start) + $insert + $text.Substring($end))
  if (-not (Test-Path -LiteralPath "$path.mooring.bak")) { [IO.File]::WriteAllBytes("$path.mooring.bak", $old) }
  $item = Get-Item -LiteralPath $path -Force
  $wasReadOnly = $item.IsReadOnly
  if ($wasReadOnly) { $item.IsReadOnly = $false }
  try {
    [IO.File]::WriteAllBytes("$path.mooring.new", $new)
    # Keeps the access rights and attributes of the one that is replaced.
    [IO.File]::Replace("$path.mooring.new", $path, $null)
  } finally {
    if ($wasReadOnly) { (Get-Item -LiteralPath $path -Force).IsReadOnly = $true }
    if (Test-Path -LiteralPath "$path.mooring.new") { Remove-Item -LiteralPath "$path.mooring.new" -Force }
  }
} catch { Stop-With 13 $_.Exception.Message } finally {
  $lock.Dispose()
  Remove-Item -LiteralPath "$path.mooring.lock" -Force -ErrorAction SilentlyContinue
}
& "$([Environment]::SystemDirectory)\\ipconfig.exe" /flushdns | Out-Null
exit 0
`;

/** Base64 has no character that could end the text it stands in. */
export function windowsScript(data: object): string {
  return script.replace('DATA', Buffer.from(JSON.stringify(data)).toString('base64'));
}

/** Has Windows ask, and ends as the script did; 126 when the person said no (error 1223). */
export function windowsElevation(data: object): string {
  return `
$ErrorActionPreference = 'Stop'
try {
  $started = Start-Process -FilePath 'powershell.exe' -Verb RunAs -WindowStyle Hidden -Wait -PassThru -ArgumentList '-NoProfile', '-NonInteractive', '-EncodedCommand', '${encodedCommand(windowsScript(data))}'
  exit $started.ExitCode
} catch {
  if ($_.Exception.InnerException.NativeErrorCode -eq 1223 -or $_.Exception.NativeErrorCode -eq 1223) { exit 126 }
  [Console]::Error.WriteLine($_.Exception.Message)
  exit 127
}`;
}

export const encodedCommand = (text: string): string => Buffer.from(text, 'utf16le').toString('base64');
