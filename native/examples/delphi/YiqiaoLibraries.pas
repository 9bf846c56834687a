{ OneTrans2 and VirtualCardChk from Delphi 2009 or later, 32 or 64 bits.

  Before Delphi 2009, string is already an AnsiString in the machine's code page, which is GBK on a Chinese Windows:
  GbkString is then AnsiString, and AnsiChar is Char. }
unit YiqiaoLibraries;

interface

type
  GbkString = type AnsiString(936);

{ One request of the unified library, JSON; its answer, JSON. Value 0: look at "code" in the answer; else a fault of the
  library's own, told in the answer too. Call it from one thread at a time. }
function Ask(const Request: string; out Value: Integer): string;

{ One method of the health card platform. Code '00': the answer is the business content. An empty Url: the one in
  VirtualCardChk.ini. }
function AskCardPlatform(const Url, Request: string; out Code: string): string;

{ Prints a slip with a static code; 0 is success. }
function PrintSlip(const EhealthId, CardNo, Name: string): Integer;

{ Shows or hides the code on the second screen; 0 is success. }
function ShowCode(Shown: Boolean): Integer;

implementation

const
  OneTransOutput = 8192;    // [limits] output_size in OneTrans2.ini
  VirtualCardOutput = 2048; // [limits] output_size in VirtualCardChk.ini

function OneTrans(pInData, pOutData: PAnsiChar): Integer; stdcall; external 'OneTrans2.dll';

function VirtualCardTrans(strUrl, InData, OutData: PAnsiChar): PAnsiChar; stdcall; external 'VirtualCardChk.dll';

function EhealthID_Print(ehealthid, cardNo, name: PAnsiChar): Integer; stdcall; external 'VirtualCardChk.dll';

{ The one function without a calling convention in the standard: it has C's own. }
function Set_QRflow_Mode(mode: Integer): Integer; cdecl; external 'VirtualCardChk.dll';

{ What stands in a buffer up to its NUL. }
function Text(const Answer: array of AnsiChar): string;
var
  Written: RawByteString;
begin
  Written := PAnsiChar(@Answer[0]);
  SetCodePage(Written, 936, False);
  Result := string(Written);
end;

function Ask(const Request: string; out Value: Integer): string;
var
  Answer: array[0..OneTransOutput - 1] of AnsiChar;
begin
  Value := OneTrans(PAnsiChar(GbkString(Request)), Answer);
  Result := Text(Answer);
end;

function AskCardPlatform(const Url, Request: string; out Code: string): string;
var
  Answer: array[0..VirtualCardOutput - 1] of AnsiChar;
begin
  Code := string(AnsiString(VirtualCardTrans(PAnsiChar(GbkString(Url)), PAnsiChar(GbkString(Request)), Answer)));
  Result := Text(Answer);
end;

function PrintSlip(const EhealthId, CardNo, Name: string): Integer;
begin
  Result := EhealthID_Print(PAnsiChar(GbkString(EhealthId)), PAnsiChar(GbkString(CardNo)), PAnsiChar(GbkString(Name)));
end;

function ShowCode(Shown: Boolean): Integer;
begin
  Result := Set_QRflow_Mode(Ord(Shown));
end;

end.
